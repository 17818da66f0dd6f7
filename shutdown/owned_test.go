package shutdown_test

import (
	"context"
	"errors"
	"os"
	"runtime/pprof"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// What a service opens, in whichever way, is ended when its run has returned.
func TestService_ownsWhatItOpens(t *testing.T) {
	open := map[string]func(ctx context.Context, work func(ctx context.Context) error, close func()) error{
		"Finally": func(ctx context.Context, work func(context.Context) error, close func()) error {
			shutdown.Finally(ctx, "file", close)
			return work(ctx)
		},
		"Scope": func(ctx context.Context, work func(context.Context) error, close func()) error {
			return shutdown.Scope(ctx, "scope", func(ctx context.Context) error {
				shutdown.Finally(ctx, "file", close)
				return work(ctx)
			})
		},
		"Construct": func(ctx context.Context, work func(context.Context) error, close func()) error {
			_ = shutdown.Construct(ctx, "file", func(ctx context.Context) error {
				shutdown.Finally(ctx, "file", close)
				return nil
			})
			return work(ctx)
		},
	}
	for name, with := range open {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *stop) {
				s.Register("older", s.marks("older"))
				s.Keep("writer", func(ctx context.Context) error {
					return with(ctx, func(ctx context.Context) error {
						<-ctx.Done()
						time.Sleep(time.Second)
						s.mark("last batch")
						return nil
					}, func() { s.mark("file closed") })
				})
				s.run()
				s.Stop(nil)
				s.wantResult(t, time.Second)
				s.wantEvents(t, "last batch", "file closed", "older")
			})
		})
	}
}

func TestService_thatEndsEarlyEndsWhatItOpenedThen(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Keep("warm-up", func(ctx context.Context) error {
			shutdown.Finally(ctx, "file", s.marks("file closed"))
			time.Sleep(time.Minute)
			return nil
		})
		s.run()
		time.Sleep(time.Hour)
		s.wantAt(t, "file closed", time.Minute)
		s.Stop(nil)
		s.wantResult(t, time.Hour)
	})
}

func TestServiceThatObeysTheEndOfItsSlot_leavesWhatItOpenedToTheList(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Register("older", s.marks("older"))
		s.Keep("writer", func(ctx context.Context) error {
			shutdown.Finally(ctx, "file", func() { time.Sleep(100 * time.Millisecond); s.mark("file closed") })
			<-shutdown.Work(ctx).Done()
			return nil
		}, shutdown.Within(time.Second))
		s.run()
		s.Stop(nil)
		s.wantResult(t, 1100*time.Millisecond)
		s.wantEvents(t, "file closed", "older")
	})
}

func TestServiceThatHasNoTimeForWhatItOpened_isNoReasonToLeaveThat(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Register("older", s.marks("older"))
		s.Keep("writer", func(ctx context.Context) error {
			shutdown.Finally(ctx, "file", func() { time.Sleep(2 * time.Second); s.mark("file closed") })
			<-ctx.Done()
			return nil
		}, shutdown.Within(time.Second))
		s.run()
		s.Stop(nil)
		s.wantResult(t, 2*time.Second)
		s.wantAt(t, "older", 980*time.Millisecond)
		s.wantEvents(t, "older", "file closed")
	})
}

func TestServiceThatHasFailed_isNamedByWhatItOpened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, block := newStop(), make(chan struct{})
		defer close(block)
		s.Keep("writer", func(ctx context.Context) error {
			shutdown.Finally(ctx, "file", func() { <-block })
			time.Sleep(time.Second)
			return errBoom
		})
		s.run()
		time.Sleep(2 * time.Second)
		s.Signal(os.Interrupt)
		time.Sleep(time.Second)
		s.Signal(os.Interrupt)
		err := s.wantFailure(t, 3*time.Second)
		if stuck := as[*shutdown.StuckError](t, err); stuck.Name != "file" || !errors.Is(err, errBoom) {
			t.Errorf("Run() = %v, want the failure of the service and the file stuck", err)
		}
		if total := s.Report().Totals[shutdown.KindService]; total != (shutdown.Total{Failed: 1}) {
			t.Errorf("total of services %+v, want one that has failed", total)
		}
	})
}

func TestServiceThatIsOvertaken_leavesWhatItOpenedToTheList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, block := newStop(), make(chan struct{})
		s.Register("older", s.marks("older"))
		s.Keep("mule", func(ctx context.Context) error {
			shutdown.Finally(ctx, "file", s.marks("file closed"))
			<-block
			shutdown.Finally(ctx, "too late", s.marks("too late"))
			return nil
		}, shutdown.Within(time.Second))
		s.run()
		s.Stop(nil)
		time.Sleep(2 * time.Second)
		s.wantEvents(t, "file closed", "older")
		s.wantAt(t, "file closed", time.Second)
		close(block)
		s.wantResult(t, 2*time.Second)
		s.wantEvents(t, "file closed", "older", "too late")
	})
}

// Nothing that a function has registered is run under it while there is time.
func TestScopeInAnEndingScope_isWaitedForInItsTurn(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		_ = shutdown.Scope(s.Context(), "server", func(ctx context.Context) error {
			done := make(chan struct{})
			shutdown.Finally(ctx, "wait for the worker", func() { <-done })
			go func() {
				defer close(done)
				_ = shutdown.Scope(ctx, "job", func(ctx context.Context) error {
					shutdown.Finally(ctx, "temporary file", s.marks("removed"))
					time.Sleep(time.Second)
					s.mark("job done")
					return nil
				})
			}()
			synctest.Wait()
			return nil
		})
		s.wantEvents(t, "job done", "removed")
	})
}

func TestScopesNextToEachOther_areWaitedForInOneSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, block := newStop(), make(chan struct{})
		defer close(block)
		s.Register("older", s.marks("older"))
		s.Register("opens scopes", func(ctx context.Context) error {
			for range 3 {
				go func() {
					_ = shutdown.Scope(context.WithoutCancel(s.Context()), "stuck", func(ctx context.Context) error {
						shutdown.Finally(ctx, "held", s.marks("held"))
						<-block
						return nil
					})
				}()
			}
			synctest.Wait()
			return nil
		})
		s.run()
		s.Stop(nil)
		<-s.result
		s.wantAt(t, "held", 7125*time.Millisecond) // three quarters of the time, once for all three
		s.wantAt(t, "older", 7125*time.Millisecond)
	})
}

func TestScopeAroundRun_costsNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		_ = shutdown.Scope(s.Context(), "main", func(context.Context) error {
			shutdown.Finally(s.Context(), "finalizer", s.marks("finalizer"))
			s.Stop(nil)
			return s.Run(context.Background())
		})
		if took := time.Since(s.began); took != 0 {
			t.Errorf("the stop took %v", took)
		}
		s.wantEvents(t, "finalizer")
	})
}

func TestConstruct_contextLivesOnAndItsValuesAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type key struct{}
		s := newStop()
		var made context.Context
		_ = shutdown.Construct(context.WithValue(s.Context(), key{}, "value"), "client", func(ctx context.Context) error {
			made = ctx
			shutdown.Finally(ctx, "client", func(ctx context.Context) error {
				if got := ctx.Value(key{}); got != "value" {
					t.Errorf("value = %v", got)
				}
				return ctx.Err()
			})
			return nil
		})
		if made.Err() != nil {
			t.Errorf("constructed, and its context: %v", made.Err())
		}
		s.run()
		s.Stop(nil)
		s.wantResult(t, 0)
		if made.Err() == nil {
			t.Error("the context outlives the one that was given")
		}
	})
}

// What Scope returns is its caller's: it decides neither Run's result nor the
// status, and the report tells of it.
func TestFailureInAScope_isItsCallersAndReported(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.run()
		err := shutdown.Scope(s.Context(), "scope", func(ctx context.Context) error {
			shutdown.Finally(ctx, "bad", func() error { return errBoom })
			return nil
		})
		if !errors.Is(err, errBoom) {
			t.Errorf("Scope() = %v", err)
		}
		s.Stop(nil)
		s.wantResult(t, 0)
		if r := s.Report(); r.Totals[shutdown.KindFinalizer].Failed != 1 || r.Status.Code != 0 {
			t.Errorf("totals %v, status %v", r.Totals, r.Status)
		}
	})
}

// What Scope cannot return any more is a failure of the program from the first
// cause on, and before that a line.
func TestFailureAfterItsScopeHasReturned_isHeardOf(t *testing.T) {
	for name, stopping := range map[string]bool{"before the first cause": false, "after it": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, heard := newStop(), false
				s.Observe(func(e shutdown.Event) { heard = heard || errors.Is(e.Err, errBoom) })
				s.Go("actor", func(ctx context.Context) error { <-ctx.Done(); time.Sleep(5 * time.Second); return nil })
				s.run()
				<-s.openScope(func(ctx context.Context) error {
					shutdown.Finally(ctx, "slow", func() error { time.Sleep(12 * time.Second); return errBoom })
					return nil
				})
				if stopping {
					s.Stop(nil)
				}
				time.Sleep(4 * time.Second)
				s.Stop(nil)
				if err := <-s.result; errors.Is(err, errBoom) != stopping {
					t.Errorf("Run() = %v", err)
				}
				if !heard {
					t.Error("nobody heard of it")
				}
			})
		})
	}
}

func TestPanicInAScopesFinalizer_beginsTheStop(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.run()
		_ = shutdown.Scope(s.Context(), "scope", func(ctx context.Context) error {
			shutdown.Finally(ctx, "f", func() { panic("boom") })
			return nil
		})
		as[*shutdown.PanicError](t, s.wantFailure(t, 0))
	})
}

func TestStuckFinalizer_isNamedWithItsStackAfterOneThatSetLabels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, block := newStop(), make(chan struct{})
		defer close(block)
		s.Register("older", s.marks("older"))
		s.Register("mule", func(context.Context) error { standStill(block); return nil })
		s.Register("uses pprof.Do", func(context.Context) error {
			pprof.Do(context.Background(), pprof.Labels("job", "flush"), func(context.Context) {})
			return nil
		})
		s.run()
		s.Stop(nil)
		if stuck := as[*shutdown.StuckError](t, <-s.result); stuck.Stack == "" {
			t.Errorf("no stack: %v", stuck)
		}
	})
}
