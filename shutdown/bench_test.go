package shutdown_test

import (
	"container/list"
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// The paths that a program takes for each connection, job or file, each beside
// what it would cost to write less than that oneself. The bounds, and what
// other libraries take, are measured in the module bench.

func nop(context.Context) error { return nil }

// A hookList is a mutex and a list: no names, no call sites, no bound.
type hookList struct {
	mu    sync.Mutex
	hooks list.List
}

func (l *hookList) push(fn func(context.Context) error) *list.Element {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.hooks.PushFront(fn)
}

func (l *hookList) remove(e *list.Element) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hooks.Remove(e)
}

// each calls once over and over, as a benchmark that counts allocations.
func each(b *testing.B, once func()) {
	b.ReportAllocs()
	for b.Loop() {
		once()
	}
}

// eachParallel is each from all processors at once.
func eachParallel(b *testing.B, once func()) {
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			once()
		}
	})
}

func BenchmarkRegister(b *testing.B) {
	m, l := newStop().Manager, new(hookList)
	register := func() { m.Register("name", nop).Unregister() }
	naive := func() { l.remove(l.push(nop)) }
	b.Run("lastcall", func(b *testing.B) { each(b, register) })
	b.Run("naive", func(b *testing.B) { each(b, naive) })
	b.Run("parallel/lastcall", func(b *testing.B) { eachParallel(b, register) })
	b.Run("parallel/naive", func(b *testing.B) { eachParallel(b, naive) })
}

func BenchmarkHold(b *testing.B) {
	m, inFlight := newStop().Manager, new(sync.WaitGroup)
	hold := func() {
		release, _ := m.Hold("name")
		release()
	}
	naive := func() {
		inFlight.Add(1)
		inFlight.Done()
	}
	b.Run("lastcall", func(b *testing.B) { each(b, hold) })
	b.Run("naive", func(b *testing.B) { each(b, naive) })
	b.Run("parallel/lastcall", func(b *testing.B) { eachParallel(b, hold) })
	b.Run("parallel/naive", func(b *testing.B) { eachParallel(b, naive) })
}

func BenchmarkWork(b *testing.B) {
	ctx := newStop().Context()
	var work context.Context // kept, or the compiler would keep it on the stack
	b.Run("lastcall", func(b *testing.B) { each(b, func() { work = shutdown.Work(ctx) }) })
	b.Run("naive", func(b *testing.B) { each(b, func() { work = context.WithoutCancel(ctx) }) })
	_ = work
}

func BenchmarkScope(b *testing.B) {
	ctx := newStop().Context()
	b.Run("lastcall", func(b *testing.B) {
		each(b, func() {
			_ = shutdown.Scope(ctx, "name", func(ctx context.Context) error {
				shutdown.Finally(ctx, "name", nop)
				return nil
			})
		})
	})
	b.Run("naive", func(b *testing.B) {
		each(b, func() {
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			_ = nop(ctx)
		})
	})
}

// BenchmarkStop is a stop that runs 100,000 finalizers.
func BenchmarkStop(b *testing.B) {
	const n = 100_000
	b.Run("lastcall", func(b *testing.B) {
		for b.Loop() {
			m := newStop().Manager
			for range n {
				m.Register("name", nop)
			}
			m.Stop(nil)
			if err := m.Run(context.Background()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("naive", func(b *testing.B) {
		for b.Loop() {
			l := new(hookList)
			for range n {
				l.push(nop)
			}
			var failed error
			for e := l.hooks.Front(); e != nil; e = e.Next() {
				failed = errors.Join(failed, e.Value.(func(context.Context) error)(context.Background()))
			}
		}
	})
}

func TestAllocations_ofTheHotPaths(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates for itself")
	}
	m := newStop().Manager
	ctx := m.Context()
	for _, c := range []struct {
		call string
		once func()
		want float64
	}{
		{"Register and Unregister", func() { m.Register("name", nop).Unregister() }, 1},
		{"Register of a func() and Unregister", func() { shutdown.Finally(ctx, "name", func() {}).Unregister() }, 1},
		{"Hold and release", func() { release, _ := m.Hold("name"); release() }, 1},
		{"Work", func() { shutdown.Work(ctx) }, 2},
	} {
		if got := testing.AllocsPerRun(1000, c.once); got != c.want {
			t.Errorf("%s: %v allocations, want %v", c.call, got, c.want)
		}
	}
}

// A scope is for each request or job: what it may cost is part of the design.
func TestAllocations_ofScopes(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates for itself")
	}
	ctx := newStop().Context()
	closes := func(ctx context.Context) error {
		shutdown.Finally(ctx, "name", nop)
		return nil
	}
	for _, c := range []struct {
		call string
		once func()
		most float64
	}{
		{"an empty Scope", func() { _ = shutdown.Scope(ctx, "name", nop) }, 5},
		{"a Scope with one Finally", func() { _ = shutdown.Scope(ctx, "name", closes) }, 25},
		{"Construct and Scope around it", func() {
			_ = shutdown.Scope(ctx, "name", func(ctx context.Context) error { return shutdown.Construct(ctx, "name", closes) })
		}, 32},
	} {
		if got := testing.AllocsPerRun(1000, c.once); got > c.most {
			t.Errorf("%s: %v allocations, want at most %v", c.call, got, c.most)
		}
	}
}

// What a stop allocates for itself does not grow with what it has to run.
func TestAllocations_ofAStopOfManyFinalizers(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates for itself")
	}
	stop := func(n int) func() {
		return func() {
			m := newStop().Manager
			for range n {
				m.Register("name", nop)
			}
			m.Stop(nil)
			_ = m.Run(context.Background())
		}
	}
	const n = 10_000
	few, many := testing.AllocsPerRun(5, stop(1)), testing.AllocsPerRun(5, stop(n))
	if got, most := many-few, 1.1*n; got > most { // the registration is one; the slowest are kept
		t.Errorf("a stop of %d finalizers allocates %v more than one of 1, want at most %v", n, got, most)
	}
}
