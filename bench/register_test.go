package bench_test

import (
	"container/list"
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"

	"go.uber.org/fx"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// A pair is a registration and its end, which a program may do for each thing
// that it opens and closes.
type pair struct {
	impl  string
	begin func(b *testing.B) (once func())
}

var pairs = []pair{
	{"lastcall", func(*testing.B) func() {
		m := newManager()
		return func() { m.Register("name", nop).Unregister() }
	}},
	afterFunc,
	{"container-list", func(*testing.B) func() {
		var l lockedList
		return func() { l.remove(l.push(nop)) }
	}},
	{"runtime.AddCleanup", func(*testing.B) func() {
		opened := new([16]byte)
		return func() { runtime.AddCleanup(opened, func(int) {}, 1).Stop() }
	}},
}

var afterFunc = pair{"context.AfterFunc", func(b *testing.B) func() {
	ctx, cancel := context.WithCancel(context.Background())
	b.Cleanup(cancel)
	return func() { context.AfterFunc(ctx, func() {})() }
}}

// A lockedList is what one writes oneself: a mutex and a list, without names,
// call sites, bounds and all the rest.
type lockedList struct {
	mu    sync.Mutex
	hooks list.List
}

func (l *lockedList) push(fn func(context.Context) error) *list.Element {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.hooks.PushFront(fn)
}

func (l *lockedList) remove(e *list.Element) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hooks.Remove(e)
}

// stop runs the hooks, newest first, as long as there are any.
func (l *lockedList) stop() {
	for {
		l.mu.Lock()
		newest := l.hooks.Front()
		if newest == nil {
			l.mu.Unlock()
			return
		}
		fn := l.hooks.Remove(newest).(func(context.Context) error)
		l.mu.Unlock()
		_ = fn(context.Background())
	}
}

// run measures p on a stack that is as deep as that of a program.
func (p pair) run(b *testing.B) {
	b.Run("impl="+p.impl, func(b *testing.B) {
		once := p.begin(b)
		b.ReportAllocs()
		atDepth(frames, func() {
			for b.Loop() {
				once()
			}
		})
	})
}

func (p pair) runParallel(b *testing.B) {
	b.Run("impl="+p.impl, func(b *testing.B) {
		once := p.begin(b)
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				once()
			}
		})
	})
}

// frames is how deep that stack is: as much of it as is kept of a resource.
const frames = 32

// atDepth calls fn from n frames further down.
//
//go:noinline
func atDepth(n int, fn func()) {
	if n == 0 {
		fn()
		return
	}
	atDepth(n-1, fn)
}

// BenchmarkRegister is a registration, call site recorded, and its end.
func BenchmarkRegister(b *testing.B) {
	for _, p := range pairs {
		p.run(b)
	}
}

// BenchmarkRegisterParallel is the same from all cores at once.
func BenchmarkRegisterParallel(b *testing.B) {
	for _, p := range pairs {
		p.runParallel(b)
	}
}

// BenchmarkRegisterFrom is the same from a number of goroutines.
func BenchmarkRegisterFrom(b *testing.B) {
	for _, goroutines := range []int{1, 2, 4, 8, 64} {
		for _, p := range pairs {
			b.Run(fmt.Sprintf("goroutines=%d/impl=%s", goroutines, p.impl), func(b *testing.B) {
				once := p.begin(b)
				b.ResetTimer()
				var all sync.WaitGroup
				for i := range goroutines {
					all.Go(func() {
						for range (b.N + i) / goroutines {
							once()
						}
					})
				}
				all.Wait()
			})
		}
	}
}

// BenchmarkLive is the memory that one live registration takes.
func BenchmarkLive(b *testing.B) {
	const n = 100_000
	opened := make([]*[16]byte, n)
	for i := range opened {
		opened[i] = new([16]byte)
	}
	for _, s := range []struct {
		impl string
		fill func() any
	}{
		{"lastcall", func() any {
			m := newManager()
			for range n {
				m.Register("name", nop)
			}
			return m
		}},
		{"context.AfterFunc", func() any {
			ctx, cancel := context.WithCancel(context.Background())
			for range n {
				context.AfterFunc(ctx, func() {})
			}
			return cancel
		}},
		{"container-list", func() any {
			l := new(lockedList)
			for range n {
				l.push(nop)
			}
			return l
		}},
		{"runtime.AddCleanup", func() any {
			cleanups := make([]runtime.Cleanup, n)
			for i := range cleanups {
				cleanups[i] = runtime.AddCleanup(opened[i], func(int) {}, i)
			}
			return cleanups
		}},
		{"fx", func() any { return newApp(n) }},
	} {
		b.Run("impl="+s.impl, func(b *testing.B) {
			var bytes []float64
			for b.Loop() {
				before := inUse()
				filled := s.fill()
				bytes = append(bytes, (inUse()-before)/n)
				runtime.KeepAlive(filled)
			}
			b.ReportMetric(median(bytes), "B/live")
		})
	}
}

// newApp returns an fx application with n hooks to stop it.
func newApp(n int) *fx.App {
	return fx.New(fx.NopLogger, fx.Invoke(func(lc fx.Lifecycle) {
		for range n {
			lc.Append(fx.StopHook(nop))
		}
	}))
}

// BenchmarkUnregistered is the memory that is left when a million finalizers
// have been registered, all of them live, and unregistered.
func BenchmarkUnregistered(b *testing.B) {
	const n = 1_000_000
	m := newManager()
	finalizers := make([]*shutdown.Finalizer, n)
	var left []float64
	for b.Loop() {
		before := inUse()
		for i := range finalizers {
			finalizers[i] = m.Register("name", nop)
		}
		for i, f := range finalizers {
			f.Unregister()
			finalizers[i] = nil
		}
		left = append(left, (inUse()-before)/n)
	}
	b.ReportMetric(median(left), "left-B/op")
}
