package shutdown_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

func wantWorkTime(t *testing.T, of string, ctx context.Context, want time.Duration) {
	t.Helper()
	if got := shutdown.WorkTime(ctx); got != want {
		t.Errorf("WorkTime of %s = %v, want %v", of, got, want)
	}
}

// Wherever a manager runs, its own actors are told what they are left.
func TestWorkTime_insideOfAnotherManager(t *testing.T) {
	for place, r := range rooms {
		t.Run(place, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				outer, inner := newStop(), newStop()
				inner.Grace = time.Minute
				inner.Go("worker", func(ctx context.Context) error {
					wantWorkTime(t, "an actor in "+place, ctx, r.work)
					outer.mark("worker")
					<-ctx.Done()
					return nil
				})
				r.put(outer, inner)
				outer.run()
				outer.Stop(nil)
				outer.wantResult(t, 0)
				outer.wantEvents(t, "worker")
			})
		})
	}
}

func TestWorkTime_threeDeep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outer, middle, inner := newStop(), newStop(), newStop()
		inner.Go("worker", func(ctx context.Context) error {
			const middles = 8*time.Second - 100*time.Millisecond
			wantWorkTime(t, "an actor three deep", ctx, (middles*4/5-middles/100)*4/5)
			<-ctx.Done()
			return nil
		})
		middle.Go("inner", inner.Run)
		outer.Go("middle", middle.Run)
		outer.run()
		outer.Stop(nil)
		outer.wantResult(t, 0)
	})
}

// A manager's contexts, and whatever is derived from them, say four fifths of the
// grace less the drain: before Run, while it runs and from the first cause on.
func TestWorkTime_ofAManagersContexts(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Drain = 2 * time.Second
		type key struct{}
		all := func(when string, ctx context.Context) {
			t.Helper()
			for name, ctx := range map[string]context.Context{
				"its own":      s.Context(),
				"that of work": s.WorkContext(),
				"an actor's":   ctx,
				"derived":      context.WithValue(ctx, key{}, 1),
				"Work":         shutdown.Work(ctx),
			} {
				wantWorkTime(t, name+" "+when, ctx, 6*time.Second)
			}
			_ = shutdown.Scope(ctx, "scope", func(ctx context.Context) error {
				wantWorkTime(t, "a scope's "+when, ctx, 6*time.Second)
				return nil
			})
		}
		all("before Run", s.Context())
		s.Go("actor", func(ctx context.Context) error {
			all("running", ctx)
			<-ctx.Done()
			time.Sleep(time.Second)
			all("a second after it was told", ctx)
			return nil
		})
		s.run()
		s.Signal(sigterm)
		s.wantResult(t, 3*time.Second)
	})
}

// A service has the slot that it would have if it ended first and the actors had
// used up their time; in its turn, what is left of its slot. So does a finalizer,
// and whatever they open.
func TestWorkTime_ofServicesAndFinalizers(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		var asked atomic.Int32
		s.Register("oldest", func(ctx context.Context) error {
			wantWorkTime(t, "the oldest", ctx, 6*time.Second) // all of what is left
			asked.Add(1)
			return nil
		})
		s.Register("newer", func(ctx context.Context) error {
			wantWorkTime(t, "a finalizer", ctx, (9500-2000)*time.Millisecond*3/4)
			time.Sleep(time.Second)
			wantWorkTime(t, "a finalizer a second later", ctx, (9500-2000)*time.Millisecond*3/4-time.Second)
			return shutdown.Scope(ctx, "scope", func(ctx context.Context) error {
				wantWorkTime(t, "a scope in a finalizer", ctx, (9500-2000)*time.Millisecond*3/4-time.Second)
				time.Sleep(500 * time.Millisecond)
				asked.Add(1)
				return nil
			})
		})
		s.Keep("service", func(ctx context.Context) error {
			wantWorkTime(t, "a service", ctx, time.Second) // from the end of the last chance to the last call
			<-ctx.Done()
			wantWorkTime(t, "a service in its turn", ctx, 2*time.Second)
			time.Sleep(2 * time.Second)
			wantWorkTime(t, "a service at the end", ctx, 0)
			asked.Add(1)
			return nil
		}, shutdown.Within(2*time.Second))
		s.run()
		s.Stop(nil)
		s.wantResult(t, 3500*time.Millisecond)
		if got := asked.Load(); got != 3 {
			t.Errorf("%d of 3 have been asked", got)
		}
	})
}

// What a scope or a service that has ended early finalizes has its slot without any
// stop. A service with a bound of its own has no more than that.
func TestWorkTime_outsideOfAStop(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		ask := func(ctx context.Context) error {
			wantWorkTime(t, "a finalizer", ctx, 9500*time.Millisecond)
			s.mark("asked")
			return nil
		}
		s.Keep("early", func(ctx context.Context) error { shutdown.Finally(ctx, "f", ask); return nil })
		s.Keep("bounded", func(ctx context.Context) error {
			wantWorkTime(t, "a service within 100ms", ctx, 100*time.Millisecond)
			s.mark("asked")
			return nil
		}, shutdown.Within(100*time.Millisecond))
		s.run()
		_ = shutdown.Scope(s.Context(), "scope", func(ctx context.Context) error { shutdown.Finally(ctx, "f", ask); return nil })
		s.Stop(nil)
		s.wantResult(t, 0)
		s.wantEvents(t, "asked", "asked", "asked")
	})
}

// A context of nobody's belongs to the process, and that to who deploys it.
func TestWorkTime_hasReadTheEnvironmentBeforeMain(t *testing.T) {
	for _, c := range []struct {
		grace, drain string
		want         time.Duration
	}{
		{"", "", shutdown.DefaultGrace * 4 / 5},
		{"30s", "", 24 * time.Second},
		{"30s", "5s", 19 * time.Second},
		{"no duration", "", shutdown.DefaultGrace * 4 / 5}, // Main will refuse it
	} {
		t.Setenv("SHUTDOWN_GRACE", c.grace)
		t.Setenv("SHUTDOWN_DRAIN", c.drain)
		wantWorkTime(t, "nobody with "+c.grace+" and "+c.drain, context.Background(), c.want)
		wantWorkTime(t, "the process with "+c.grace+" and "+c.drain, shutdown.Default().Context(), c.want)
	}
}
