package bench_test

import (
	"context"
	"runtime"
	"testing"

	"go.uber.org/fx"

	"github.com/seed7e043c35/lastcall/shutdown"
)

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
