package shutdown_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oklog/run"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// slowly marks event after d, or that it was cut if its context ends before.
func (s *stop) slowly(event string, d time.Duration) func(context.Context) error {
	return func(ctx context.Context) error {
		select {
		case <-time.After(d):
			s.mark(event)
		case <-ctx.Done():
			s.mark(event + " cut")
		}
		return nil
	}
}

// A manager that somebody runs in a goroutine of his own is waited for all the
// same, where the context belongs that it was given.
func TestManagerInside_isWaitedForWhoeverRunsIt(t *testing.T) {
	for name, of := range map[string]func(ctx context.Context) context.Context{
		"with the context":               func(ctx context.Context) context.Context { return ctx },
		"with one that has no end":       context.WithoutCancel,
		"with the context of the holder": func(ctx context.Context) context.Context { return shutdown.FromContext(ctx).Context() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o, i := newStop(), newStop()
				o.Register("database", o.marks("database"))
				i.Register("journal", o.slowly("journal", time.Second))
				i.Go("worker", func(ctx context.Context) error { <-ctx.Done(); time.Sleep(time.Second); o.mark("worker"); return nil })
				o.Go("run", func(ctx context.Context) error {
					go func() { _ = i.Run(of(ctx)) }()
					<-ctx.Done()
					return nil
				})
				o.run()
				o.Stop(nil)
				o.wantResult(t, 2*time.Second)
				o.wantEvents(t, "worker", "journal", "database")
			})
		})
	}
}

// A stop of its own that is under way has no more time than those around leave,
// however deep it is, and whenever they say how much that is.
func TestManagerInside_isBoundedByAllThatAreAround(t *testing.T) {
	for name, put := range map[string]func(o, middle, inner *stop){
		"three deep":   func(o, middle, inner *stop) { middle.Go("inner", inner.Run); o.Go("middle", middle.Run) },
		"in a service": func(o, middle, inner *stop) { o.Keep("part", inner.Run, shutdown.Within(2*time.Second)) },
		"in a scope of a service": func(o, middle, inner *stop) {
			o.Keep("part", func(ctx context.Context) error { return shutdown.Scope(ctx, "scope", inner.Run) }, shutdown.Within(2*time.Second))
		},
	} {
		for when, before := range map[string]bool{"before the stop around": true, "after that began": false} {
			t.Run(name+", "+when, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					o, middle, inner, block := newStop(), newStop(), newStop(), make(chan struct{})
					middle.Grace, inner.Grace = time.Hour, time.Hour
					o.Register("database", o.marks("database"))
					inner.Register("journal", o.marks("journal"))
					inner.Register("mule", func(context.Context) error { <-block; return nil })
					put(o, middle, inner)
					o.Go("slow", func(ctx context.Context) error { <-ctx.Done(); time.Sleep(2 * time.Second); return nil })
					o.run()
					if before {
						inner.Stop(nil)
						time.Sleep(time.Second)
					}
					o.Stop(nil)
					time.Sleep(time.Second)
					inner.Stop(nil)
					<-o.result
					o.wantEvents(t, "journal", "database")
					close(block)
					synctest.Wait()
				})
			})
		}
	}
}

// A job that runs a manager in the context of its work is told when the time for
// that is up, and has the last chance to stop it.
func TestManagerInside_theContextOfWorkHasTheLastChance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, i := newStop(), newStop()
		o.Register("database", o.marks("database"))
		i.Register("journal", o.slowly("journal", 100*time.Millisecond))
		i.Go("worker", func(ctx context.Context) error { <-ctx.Done(); time.Sleep(10 * time.Millisecond); return nil })
		o.Go("run", func(ctx context.Context) error { return i.Run(shutdown.Work(ctx)) })
		o.run()
		o.Stop(nil)
		o.wantResult(t, 8110*time.Millisecond)
		o.wantEvents(t, "journal", "database")
	})
}

// A finalizer of a scope has a slot without any stop, and so has a manager in it.
func TestManagerInside_aFinalizerOutsideOfAStopHasItsSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, i, block := newStop(), newStop(), make(chan struct{})
		i.Grace = time.Hour
		i.Register("journal", o.marks("journal"))
		i.Register("mule", func(context.Context) error { <-block; return nil })
		i.Stop(nil)
		o.run()
		_ = shutdown.Scope(o.Context(), "scope", func(ctx context.Context) error {
			shutdown.Finally(ctx, "part", i.Run)
			return nil
		})
		o.mark("scope is over")
		o.wantEvents(t, "journal", "scope is over")
		close(block)
		o.Stop(nil)
		<-o.result
	})
}

// Whoever is first, oklog/run's SignalHandler or the manager: there is one signal, and
// the other is its echo. The first Ctrl-C forces nothing.
func TestSignalHandlersWord_comesFirst(t *testing.T) {
	s := newStop()
	s.Signals = []os.Signal{os.Interrupt}
	s.Add("signals", func() error { return &run.SignalError{Signal: os.Interrupt} }, func(error) { s.Signal(os.Interrupt) })
	if err := s.Run(context.Background()); err != nil || s.Report().Forced {
		t.Errorf("Run() = %v, forced: %v", err, s.Report().Forced)
	}
}

// oklog/run's SignalHandler may stay in a program that has become a part of another.
func TestManagerInside_takesSignalHandlersWordForASignal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, i := newStop(), newStop()
		i.Signals = nil // the default
		sent := make(chan struct{})
		i.Add("signals", func() error { <-sent; return &run.SignalError{Signal: sigterm} }, func(error) {})
		i.Go("worker", untilCancelled)
		o.Go("part", i.Run)
		o.run()
		close(sent) // the process has been sent SIGTERM, which all hear
		o.Signal(sigterm)
		o.wantResult(t, 0)
		if got := o.Report().Status; got.Code != 0 {
			t.Errorf("status %v", got)
		}
	})
}

// What a forced stop begins has a tenth of a second at most; a manager inside of
// that has nearly all of it.
func TestManagerInside_whatAForcedStopBeginsHasItsShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, i := newStop(), newStop()
		i.Register("journal", o.slowly("journal", 10*time.Millisecond))
		o.Register("database", func(context.Context) error { time.Sleep(30 * time.Millisecond); return nil })
		o.Keep("part", i.Run)
		o.Register("newer", func(ctx context.Context) error { <-ctx.Done(); return nil })
		o.run()
		o.Signal(os.Interrupt)
		time.Sleep(time.Second)
		o.Signal(os.Interrupt)
		<-o.result
		if failed := i.Report().Failures(); len(failed) > 0 {
			t.Errorf("inside failed %v", failed)
		}
		o.wantEvents(t, "journal")
	})
}

// Who runs a manager when the one around has stopped is nobody's part any more.
func TestManagerInside_aStoppedOneHasAGraceOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, i := newStop(), newStop()
		i.Register("journal", o.slowly("journal", time.Second))
		o.run()
		o.Stop(nil)
		<-o.result
		time.Sleep(time.Minute)
		_ = i.Run(o.Context())
		o.wantEvents(t, "journal")
	})
}

// A manager that comes when others are finalized waits for its turn, and for that has
// whatever there is.
func TestManagerInside_thatComesLateHasItsSlot(t *testing.T) {
	for name, c := range map[string]struct {
		at    time.Duration
		older time.Duration // how long what has its slot goes on
		start func(o, i *stop)
	}{
		"an actor in the last call": {9600 * time.Millisecond, 40 * time.Millisecond, func(o, i *stop) { o.Go("late", i.Run) }},
		"a scope while Finalizing": {8600 * time.Millisecond, 500 * time.Millisecond, func(o, i *stop) {
			go func() { _ = shutdown.Scope(o.Context(), "late", i.Run) }()
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o, i, block := newStop(), newStop(), make(chan struct{})
				i.Register("journal", o.slowly("journal", 10*time.Millisecond))
				o.Register("mule", func(context.Context) error { <-block; return nil })
				o.Register("mule, too", func(context.Context) error { <-block; return nil })
				o.Go("mule", func(context.Context) error { <-block; return nil })
				o.run()
				o.Stop(nil)
				time.Sleep(c.at)
				o.Register("sleeps", func(context.Context) error { time.Sleep(c.older); return nil })
				synctest.Wait()
				c.start(o, i)
				<-o.result
				o.wantEvents(t, "journal")
				close(block)
				synctest.Wait()
			})
		})
	}
}

// A list that comes to a manager tells it so, if its context does not.
func TestManagerInside_isToldInItsTurn(t *testing.T) {
	for name, run := range map[string]func(o, i *stop, ctx context.Context){
		"in a constructor that fails": func(_, i *stop, ctx context.Context) {
			_ = shutdown.Construct(ctx, "component", func(ctx context.Context) error {
				go func() { _ = i.Run(ctx) }()
				time.Sleep(time.Second)
				return errBoom
			})
		},
		"in a scope, with a context that has no end": func(_, i *stop, ctx context.Context) {
			_ = shutdown.Scope(ctx, "component", func(ctx context.Context) error {
				go func() { _ = i.Run(context.WithoutCancel(ctx)) }()
				time.Sleep(time.Second)
				return nil
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o, i := newStop(), newStop()
				i.Register("journal", o.slowly("journal", time.Second))
				o.Go("run", func(ctx context.Context) error {
					run(o, i, ctx)
					o.mark("over")
					<-ctx.Done()
					return nil
				})
				o.run()
				time.Sleep(time.Minute)
				o.Stop(nil)
				o.wantResult(t, time.Minute)
				o.wantEvents(t, "journal", "over")
				o.wantAt(t, "over", 2*time.Second)
			})
		})
	}
}

// Work that a parent's deadline has cut is half done, however deep it is.
func TestManagerInside_knowsThatAParentsDeadlineIsNoWish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, i := newStop(), newStop()
		i.Go("half done", untilCancelled)
		o.Go("part", i.Run)
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := o.Run(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Run() = %v, status %v", err, o.Report().Status)
		}
	})
}

// The grace that a report tells of is the one that there is.
func TestReport_tellsTheGraceThatAManagerInsideIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, i := newStop(), newStop()
		i.Grace = time.Minute
		i.Go("worker", untilCancelled)
		o.Go("part", i.Run)
		o.run()
		const want = 7900 * time.Millisecond
		if got := i.Report().Grace; got != want {
			t.Errorf("before the stop %v, want %v", got, want)
		}
		o.Stop(nil)
		<-o.result
		if got := i.Report().Grace; got != want {
			t.Errorf("after it %v, want %v", got, want)
		}
	})
}

// An error that says the exit status 0 and nothing else is no failure, whoever
// brings it.
func TestStatus0_isNoFailureOfAnybody(t *testing.T) {
	for name, bring := range map[string]func(s *stop, err error){
		"actor":     func(s *stop, err error) { s.Go("a", func(ctx context.Context) error { <-ctx.Done(); return err }) },
		"service":   func(s *stop, err error) { s.Keep("s", func(ctx context.Context) error { <-ctx.Done(); return err }) },
		"finalizer": func(s *stop, err error) { s.Register("f", func(context.Context) error { return err }) },
		"Stop":      func(s *stop, err error) { s.Stop(err) },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *stop) {
				bring(s, &shutdown.ExitError{})
				s.run()
				s.Stop(nil)
				s.wantResult(t, 0)
				if r := s.Report(); r.Status.Code != 0 || len(r.Failures()) > 0 {
					t.Errorf("status %v, failures %v", r.Status, r.Failures())
				}
			})
		})
	}
}

// A service that has been told to stop has been cut when the stop is forced, whatever
// it does at that very instant: a manager in it is forced, and says so.
func TestManagerInside_aServiceIsCutWhenTheStopIsForced(t *testing.T) {
	for range 20 { // whoever is first
		synctest.Test(t, func(t *testing.T) {
			o, i := newStop(), newStop()
			i.Keep("writer", untilCancelled)
			i.Register("obeys", func(ctx context.Context) error { <-ctx.Done(); return nil })
			o.Register("older", o.marks("older"))
			o.Keep("part", i.Run)
			o.run()
			o.Signal(os.Interrupt)
			time.Sleep(time.Second)
			o.Signal(os.Interrupt)
			if cut := as[*shutdown.CutError](t, <-o.result); cut.Kind != shutdown.KindService && cut.Name != "manager" {
				t.Errorf("cut = %v", cut)
			}
			if got := o.Report().Totals[shutdown.KindService]; got != (shutdown.Total{Cut: 1}) {
				t.Errorf("the service: %+v", got)
			}
		})
	}
}
