package shutdown_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// What may go wrong in a finalizer of a scope.
var mishaps = map[string]func(block <-chan struct{}) error{
	"error":  func(<-chan struct{}) error { return errBoom },
	"panic":  func(<-chan struct{}) error { panic(errBoom) },
	"Goexit": func(<-chan struct{}) error { runtime.Goexit(); return nil },
	"stuck":  func(block <-chan struct{}) error { <-block; return nil },
}

// Each is in what Scope returns, an event, and counted in the Report; that is its
// caller's to deal with, and no failure of the program, but for a panic.
func TestMishapInAScope_isHeardOfByEverybody(t *testing.T) {
	for name, mishap := range mishaps {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, block, heard := newStop(), make(chan struct{}), 0
				s.Observe(func(e shutdown.Event) {
					if e.Component.Name == "bad" && e.Err != nil {
						heard++
					}
				})
				s.run()
				err := shutdown.Scope(s.Context(), "scope", func(ctx context.Context) error {
					shutdown.Finally(ctx, "bad", func() error { return mishap(block) })
					return nil
				})
				if err == nil {
					t.Error("Scope() = nil")
				}
				synctest.Wait()
				if heard != 1 {
					t.Errorf("heard of it %d times, want once", heard)
				}
				close(block) // otherwise it would be stuck at the end as well
				synctest.Wait()
				s.Stop(nil)
				result, total := <-s.result, s.Report().Totals[shutdown.KindFinalizer]
				if total.Failed+total.Stuck != 1 || (name == "stuck") != (total.Stuck == 1) {
					t.Errorf("totals %+v", total)
				}
				if (result != nil) != (name == "panic") || (s.Report().Status.Code != 0) != (name == "panic") {
					t.Errorf("Run() = %v, status %v", result, s.Report().Status)
				}
			})
		})
	}
}

// What a scope is left with, by a panic or Goexit of its function, has nobody to be
// returned to: from the first cause on that is a failure of the program.
func TestMishapInAScopeThatNobodyReturnsFrom(t *testing.T) {
	for name, c := range map[string]struct {
		stopping bool
		fails    bool
	}{
		"before the first cause": {false, false},
		"after it":               {true, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, heard := newStop(), false
				s.Observe(func(e shutdown.Event) { heard = heard || errors.Is(e.Err, errBoom) })
				s.Go("actor", func(ctx context.Context) error { <-ctx.Done(); time.Sleep(time.Second); return nil })
				s.run()
				if c.stopping {
					s.Stop(nil)
				}
				left := make(chan struct{})
				go func() {
					defer close(left)
					_ = shutdown.Scope(s.Context(), "scope", func(ctx context.Context) error {
						shutdown.Finally(ctx, "bad", func() error { return errBoom })
						runtime.Goexit()
						return nil
					})
				}()
				<-left
				s.Stop(nil)
				err := <-s.result
				if !heard || errors.Is(err, errBoom) != c.fails || (s.Report().Status.Code != 0) != c.fails {
					t.Errorf("heard %v, Run() = %v, status %v", heard, err, s.Report().Status)
				}
			})
		})
	}
}

// A request's scope that fails again and again leaves no more behind than a
// report can hold.
func TestMishapsInScopes_areBoundedInTheReport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const many = 10_000
		s := newStop()
		s.run()
		for range many {
			_ = shutdown.Scope(s.Context(), "request", func(ctx context.Context) error {
				shutdown.Finally(ctx, "bad", func() error { return errBoom })
				return nil
			})
		}
		s.Stop(nil)
		s.wantResult(t, 0)
		r := s.Report()
		if got := r.Totals[shutdown.KindFinalizer].Failed; got != many || len(r.Outcomes) > 1256 {
			t.Errorf("%d failed, %d outcomes kept", got, len(r.Outcomes))
		}
	})
}

// What got stuck in a scope long before a stop is its caller's to deal with: it has
// been told of once, and decides neither the result nor the status.
func TestScope_whatGotStuckInItIsTheCallersToTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, block := newStop(), make(chan struct{})
		defer close(block)
		s.run()
		err := shutdown.Scope(s.Context(), "request", func(ctx context.Context) error {
			shutdown.Finally(ctx, "mule", func() { <-block })
			return nil
		})
		if stuck := as[*shutdown.StuckError](t, err); stuck.Name != "mule" {
			t.Errorf("Scope() = %v", err)
		}
		s.began = time.Now()
		s.Stop(nil)
		s.wantResult(t, 0)
		if r := s.Report(); r.Totals[shutdown.KindFinalizer] != (shutdown.Total{Stuck: 1}) || r.Status.Code != 0 {
			t.Errorf("totals %v, status %v", r.Totals, r.Status)
		}
	})
}

// A finalizer that its owner runs, and that is stuck, is named by the scope that
// ends meanwhile.
func TestOwnersRun_thatIsStuckIsNamedByItsScope(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, block := newStop(), make(chan struct{})
		defer close(block)
		err := shutdown.Scope(s.Context(), "scope", func(ctx context.Context) error {
			f := shutdown.Finally(ctx, "mule", func() { <-block })
			go func() { _ = f.Run(context.Background()) }()
			synctest.Wait()
			return nil
		})
		if stuck := as[*shutdown.StuckError](t, err); stuck.Name != "mule" || stuck.Site == "" {
			t.Errorf("Scope() = %v", err)
		}
	})
}

// Run(nil) is a mistake of its caller's, and leaves the finalizer where it was.
func TestRunOfAFinalizer_withoutAContextClaimsNothing(t *testing.T) {
	for name, opts := range map[string][]shutdown.FinalizerOption{"as it is": nil, "with Within": {shutdown.Within(time.Second)}} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *stop) {
				f := s.Register("f", s.marks("f"), opts...)
				func() {
					defer func() {
						if recover() == nil {
							t.Error("Run(nil) did not panic")
						}
					}()
					var none context.Context
					_ = f.Run(none)
				}()
				s.run()
				s.Stop(nil)
				s.wantResult(t, 0)
				s.wantEvents(t, "f")
			})
		})
	}
}

// What lies in a service is counted as something to end, and as something that ended.
func TestPending_isTheSumOfTheEndsInAServiceToo(t *testing.T) {
	for name, inside := range map[string]func(ctx context.Context) error{
		"a scope":   func(ctx context.Context) error { return shutdown.Scope(ctx, "scope", untilCancelled) },
		"a manager": func(ctx context.Context) error { return newStop().Run(ctx) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStop()
				s.Keep("service", inside)
				s.run()
				s.Stop(nil)
				<-s.result
				r, ends := s.Report(), 0
				for _, total := range r.Totals {
					ends += total.OK + total.Failed + total.Stuck + total.Cut
				}
				if r.AtStop != ends {
					t.Errorf("%d to end, %d ended: %+v", r.AtStop, ends, r.Totals)
				}
			})
		})
	}
}
