package shutdown_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// A room is a place in a manager in which another one can run.
type room struct {
	put  func(outer, inner *stop)
	work time.Duration // that WorkTime says inside, with both graces 10 s
	last time.Duration // when the inner last call is over, if everything inside is stuck
}

var rooms = map[string]room{
	// The actors' 8 s, less a hundredth of the grace: 7.9 s, of which work has four fifths.
	"an actor": {func(o, inner *stop) { o.Go("part", inner.Run) }, 6320 * time.Millisecond, 7742 * time.Millisecond},
	"a scope": {func(o, inner *stop) {
		o.Go("around", func(ctx context.Context) error { return shutdown.Scope(ctx, "part", inner.Run) })
	}, 6320 * time.Millisecond, 7742 * time.Millisecond},
	// It has its slot, which is all that is left if it is the oldest: 9.5 s.
	"a service": {func(o, inner *stop) { o.Keep("part", inner.Run) }, 540 * time.Millisecond, 9212 * time.Millisecond},
	// So has a finalizer; its context is no word for stopping, and ends with the slot.
	"a finalizer": {func(o, inner *stop) {
		inner.Stop(nil)
		o.Register("part", inner.Run)
	}, 7520 * time.Millisecond, 9212 * time.Millisecond},
}

// Wherever a manager runs inside of another one: what is registered with it is
// started before the outer one is done with it.
func TestManagerInside_startsEveryFinalizerInItsTime(t *testing.T) {
	for place, r := range rooms {
		t.Run(place, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				outer, inner, block := newStop(), newStop(), make(chan struct{})
				inner.Register("journal", outer.marks("journal"))
				inner.Register("mule", func(context.Context) error { <-block; return nil })
				inner.Go("mule", func(context.Context) error { <-block; return nil })
				r.put(outer, inner)
				outer.run()
				outer.Stop(nil)
				<-inner.Done()
				outer.mark("inner over")
				outer.wantEvents(t, "journal", "inner over")
				outer.wantAt(t, "inner over", r.last)
				<-outer.result
				close(block)
				synctest.Wait()
			})
		})
	}
}

// Three deep, each with the default grace, in whichever places: the innermost
// comes first, and none is lost.
func TestManagersThreeDeep_loseNothing(t *testing.T) {
	for second, r2 := range rooms {
		for third, r3 := range rooms {
			t.Run(third+" in "+second, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					outer, middle, inner, block := newStop(), newStop(), newStop(), make(chan struct{})
					for _, m := range []*stop{outer, middle, inner} {
						m.Grace = 0 // the default
					}
					outer.Register("database", outer.marks("database"))
					middle.Register("queue", outer.marks("queue"))
					inner.Register("journal", outer.marks("journal"))
					inner.Register("mule", func(context.Context) error { <-block; return nil })
					r3.put(middle, inner)
					r2.put(outer, middle)
					outer.run()
					outer.Stop(nil)
					err := <-outer.result
					if !errors.As(err, new(*shutdown.StuckError)) {
						t.Errorf("Run() = %v, want what is stuck inside", err)
					}
					if took := time.Since(outer.began); took > shutdown.DefaultGrace {
						t.Errorf("Run returned after %v", took)
					}
					outer.wantEvents(t, "journal", "queue", "database")
					close(block)
					synctest.Wait()
				})
			})
		}
	}
}

func TestManagersThreeDeep_areForcedTogether(t *testing.T) {
	for place, r := range rooms {
		t.Run(place, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				outer, middle, inner, block := newStop(), newStop(), newStop(), make(chan struct{})
				outer.Register("database", outer.marks("database"))
				inner.Register("journal", outer.marks("journal"))
				inner.Register("mule", func(context.Context) error { <-block; return nil })
				middle.Go("inner", inner.Run)
				r.put(outer, middle)
				outer.run()
				outer.Signal(os.Interrupt)
				time.Sleep(time.Second)
				outer.Signal(os.Interrupt)
				<-outer.result
				if took := time.Since(outer.began); took > 1200*time.Millisecond {
					t.Errorf("Run returned after %v", took)
				}
				<-inner.Done()
				outer.wantAt(t, "journal", time.Second)
				outer.wantAt(t, "database", time.Second)
				close(block)
				synctest.Wait()
			})
		})
	}
}

// A forced stop waits for nobody who has begun before; that what is registered
// inside is started, it does wait for.
func TestManagerInside_startsEveryFinalizerBeforeAForcedOuterOneIsDone(t *testing.T) {
	for place, r := range rooms {
		t.Run(place, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				outer, inner, block := newStop(), newStop(), make(chan struct{})
				outer.Register("database", outer.marks("database"))
				inner.Register("journal", outer.marks("journal"))
				inner.Register("obeys", func(ctx context.Context) error { <-ctx.Done(); return nil })
				inner.Register("mule", func(context.Context) error { <-block; return nil })
				r.put(outer, inner)
				outer.run()
				outer.Signal(os.Interrupt)
				time.Sleep(time.Second)
				outer.Signal(os.Interrupt)
				outer.wantFailure(t, 1100*time.Millisecond) // the mule had begun before; who obeys has half of the last call
				outer.wantEvents(t, "database", "journal")
				close(block)
				synctest.Wait()
			})
		})
	}
}

// One that begins to stop only once the outer stop has been forced is forced from
// its beginning.
func TestManagerInside_thatStopsAfterTheForceIsForced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outer, inner, block := newStop(), newStop(), make(chan struct{})
		inner.Register("mule", func(context.Context) error { <-block; return nil })
		outer.Register("part", func(ctx context.Context) error { return inner.Run(ctx) }, shutdown.Within(time.Second))
		outer.Register("newer", func(context.Context) error { <-block; return nil })
		outer.run()
		outer.Signal(os.Interrupt)
		time.Sleep(time.Second)
		outer.Signal(os.Interrupt)
		<-inner.Done()
		if took := time.Since(outer.began); took > 1200*time.Millisecond || !inner.Report().Forced {
			t.Errorf("the inner one was done after %v, forced: %v", took, inner.Report().Forced)
		}
		<-outer.result
		close(block)
		synctest.Wait()
	})
}

// A context of nobody's makes no manager an inner one, whatever FromContext says.
func TestManagerBeside_hasAGraceOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outer, beside := newStop(), newStop()
		beside.Grace = time.Minute
		beside.Register("slow", func(context.Context) error { time.Sleep(20 * time.Second); return nil })
		ctx, cancel := context.WithCancel(context.Background())
		go func() { beside.result <- beside.Run(ctx) }()
		outer.run()
		outer.Stop(nil)
		outer.wantResult(t, 0)
		cancel()
		if err := <-beside.result; err != nil || time.Since(outer.began) != 20*time.Second {
			t.Errorf("Run() = %v after %v", err, time.Since(outer.began))
		}
	})
}

// What a manager inside brings is a failure of the part that it is, once.
func TestManagerInside_passesOnWhatFailedInIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outer, inner := newStop(), newStop()
		inner.Register("bad", func(context.Context) error { return errBoom })
		outer.Go("part", inner.Run)
		outer.run()
		outer.Stop(nil)
		err := outer.wantResult(t, 0, errBoom)
		if failed := as[*shutdown.ActorError](t, err); failed.Name != "part" {
			t.Errorf("Run() = %v", err)
		}
		if got := as[*shutdown.FinalizerError](t, err); got.Name != "bad" {
			t.Errorf("Run() = %v", err)
		}
	})
}
