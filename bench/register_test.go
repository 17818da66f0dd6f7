package bench_test

import (
	"container/list"
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/seed7e043c35/lastcall/bench/clock"
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
	{"call-site-alone", func(*testing.B) func() { return func() { _ = site() } }},
}

// site returns where it was called from, two calls further up: what lastcall
// notes of each registration.
//
//go:noinline
func site() uintptr {
	var pc [1]uintptr
	runtime.Callers(3, pc[:])
	return pc[0]
}

var afterFunc = pair{"context.AfterFunc", func(b *testing.B) func() {
	ctx, cancel := context.WithCancel(context.Background())
	b.Cleanup(cancel)
	return func() { context.AfterFunc(ctx, func() {})() }
}}

// A lockedList is what one writes oneself: a mutex and a list, without names,
// call sites, bounds and all the rest.
type lockedList struct {
	lockedListOf[func(context.Context) error]
}

type lockedListOf[Hook any] struct {
	mu    sync.Mutex
	hooks list.List
}

func (l *lockedListOf[Hook]) push(hook Hook) *list.Element {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.hooks.PushFront(hook)
}

func (l *lockedListOf[Hook]) remove(e *list.Element) {
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
		atDepth(frames, func() { measureEach(b, once) })
	})
}

func (p pair) runParallel(b *testing.B) {
	b.Run("impl="+p.impl, func(b *testing.B) {
		once := p.begin(b)
		b.ReportAllocs()
		before := clock.CPU()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				once()
			}
		})
		reportCPU(b, float64(clock.CPU()-before)/float64(b.N))
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
