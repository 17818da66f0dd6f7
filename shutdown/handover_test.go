package shutdown_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// newStopped returns a manager whose stop is over.
func newStopped(t *testing.T) *stop {
	t.Helper()
	s := newStop()
	s.Stop(nil)
	if err := s.Run(context.Background()); err != nil {
		t.Fatalf("Run() = %v", err)
	}
	return s
}

// What is handed over after the stop costs no more for each when it is a lot: it
// is compared with the same number of registrations.
func TestConstruct_afterTheStopHandsOverInLinearTime(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector has a time of its own")
	}
	const n = 50_000
	s := newStopped(t)
	timeOf := func(register func(fn func())) time.Duration {
		var ran sync.WaitGroup
		ran.Add(n)
		began := time.Now()
		register(ran.Done)
		ran.Wait() // each is run
		return time.Since(began)
	}
	one := timeOf(func(fn func()) {
		for range n {
			shutdown.Finally(s.Context(), "f", fn)
		}
	})
	best := time.Hour // of some: a busy machine makes one of them slow, but not all
	for range 3 {
		best = min(best, timeOf(func(fn func()) {
			_ = shutdown.Construct(s.Context(), "client", func(ctx context.Context) error {
				for range n {
					shutdown.Finally(ctx, "f", fn)
				}
				return nil
			})
		}))
	}
	if most := 20 * one; best > most {
		t.Errorf("handing over %d took %v, registering them one by one %v", n, best, one)
	}
}

func TestConstruct_afterTheStopRunsWhatItHandsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStopped(t)
		type key struct{}
		ctx := context.WithValue(s.Context(), key{}, "value")
		_ = shutdown.Construct(ctx, "client", func(ctx context.Context) error {
			for _, name := range []string{"first", "second"} {
				shutdown.Finally(ctx, name, func(ctx context.Context) {
					if ctx.Err() == nil || ctx.Value(key{}) != "value" {
						t.Errorf("%s has a context with %v and %v", name, ctx.Err(), ctx.Value(key{}))
					}
					s.mark(name)
				})
			}
			return nil
		})
		synctest.Wait()
		s.mu.Lock()
		defer s.mu.Unlock()
		if len(s.times) != 2 {
			t.Errorf("events = %q, want both", s.events)
		}
	})
}

// An order of a scope is kept wherever it is handed over to: what was opened
// first is closed last.
func TestConstruct_keepsTheOrderThroughEveryScope(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		open := func(ctx context.Context, names ...string) {
			_ = shutdown.Construct(ctx, "constructor", func(ctx context.Context) error {
				for _, name := range names {
					shutdown.Finally(ctx, name, s.marks(name))
				}
				return nil
			})
		}
		open(s.Context(), "a", "b")
		_ = shutdown.Construct(s.Context(), "outer", func(ctx context.Context) error {
			open(ctx, "c", "d")
			s.Register("e", s.marks("e")) // newer than the outer one's place
			open(ctx, "f")
			return nil
		})
		open(s.Context(), "g")
		s.run()
		s.Stop(nil)
		s.wantResult(t, 0)
		s.wantEvents(t, "g", "e", "f", "d", "c", "b", "a")
	})
}
