package shutdown_test

import (
	"context"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// A list inside of a slot divides that slot: whatever is stuck in it, its owner
// goes on in time. The slot is a second; 98 hundredths of it are the list's.
func TestScope_insideASlotDividesThat(t *testing.T) {
	for name, put := range map[string]func(s *stop, opens func(ctx context.Context) error){
		"of a finalizer": func(s *stop, opens func(ctx context.Context) error) {
			s.Register("owner", opens, shutdown.Within(time.Second))
		},
		"of a finalizer, in a scope": func(s *stop, opens func(ctx context.Context) error) {
			s.Register("owner", func(ctx context.Context) error { return shutdown.Scope(ctx, "around", opens) }, shutdown.Within(time.Second))
		},
		"of a service": func(s *stop, opens func(ctx context.Context) error) {
			s.Keep("owner", func(ctx context.Context) error { <-ctx.Done(); return opens(ctx) }, shutdown.Within(time.Second))
		},
		"of a service that is told meanwhile": func(s *stop, opens func(ctx context.Context) error) {
			s.Keep("owner", opens, shutdown.Within(time.Second))
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, block := newStop(), make(chan struct{})
				put(s, func(ctx context.Context) error {
					_ = shutdown.Scope(ctx, "scope", func(ctx context.Context) error {
						shutdown.Finally(ctx, "mule", func() { <-block })
						return nil
					})
					s.mark("owner goes on")
					return nil
				})
				s.run()
				s.Stop(nil)
				<-s.result
				s.mu.Lock()
				at, ok := s.times["owner goes on"]
				s.mu.Unlock()
				if !ok || at > time.Second {
					t.Errorf("the owner went on: %v, at %v, want less than its second", ok, at)
				}
				close(block)
				synctest.Wait()
			})
		})
	}
}

// A manager that runs in a scope of a service has the service's slot, and not the
// time until the last call.
func TestManagerInside_aScopeOfAServiceHasTheSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outer, inner, block := newStop(), newStop(), make(chan struct{})
		outer.Register("older", outer.marks("older"))
		outer.Keep("owner", func(ctx context.Context) error {
			return shutdown.Scope(ctx, "scope", inner.Run)
		}, shutdown.Within(time.Second))
		inner.Register("mule", func(context.Context) error { <-block; return nil })
		outer.run()
		outer.Stop(nil)
		<-outer.result
		outer.mu.Lock()
		older := outer.times["older"]
		outer.mu.Unlock()
		if older >= time.Second {
			t.Errorf("the next began at %v, want less than the slot of 1s", older)
		}
		close(block)
		synctest.Wait()
	})
}

// Nobody tells what runs in a finalizer to stop, until its slot ends: a manager
// there begins its stop when half of that is left, so that nothing of it is lost.
func TestManagerInside_aFinalizerStopsInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outer, inner := newStop(), newStop()
		outer.Register("part", inner.Run, shutdown.Within(2*time.Second))
		inner.Go("server", func(ctx context.Context) error { <-ctx.Done(); time.Sleep(300 * time.Millisecond); return nil })
		inner.Register("journal", outer.marks("journal"))
		outer.run()
		outer.Stop(nil)
		outer.wantResult(t, 1300*time.Millisecond)
		outer.wantAt(t, "journal", 1300*time.Millisecond)
	})
}

// The time for its work is up when the stop is forced, for a scope as well that
// began only when others were finalized.
func TestCut_isAScopeThatBeganLate(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Register("opens", func(ctx context.Context) error {
			go func() {
				_ = shutdown.Scope(s.Context(), "late", func(ctx context.Context) error {
					<-shutdown.Work(ctx).Done()
					return context.Cause(shutdown.Work(ctx))
				})
			}()
			<-ctx.Done()
			return nil
		})
		s.run()
		s.Stop(nil)
		time.Sleep(time.Second)
		s.Signal(os.Interrupt)
		<-s.result
		s.wantTotals(t, shutdown.KindScope, shutdown.Total{Cut: 1})
	})
}

// Whose time for work is up is told of, whatever he is.
func TestCut_isToldOfAServiceToo(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Observe(func(e shutdown.Event) {
			if e.Type == shutdown.EventCut {
				s.mark(e.Component.Kind.String() + " " + e.Err.Error())
			}
		})
		s.Keep("writer", func(ctx context.Context) error {
			<-shutdown.Work(ctx).Done()
			return context.Cause(shutdown.Work(ctx))
		}, shutdown.Within(time.Second))
		s.run()
		s.Stop(nil)
		s.wantFailure(t, time.Second)
		s.wantEvents(t, "service "+shutdown.ErrCut.Error())
	})
}

// What goes on in a service that is overtaken is waited for at the end of the list
// around it, as what it holds is ended there.
func TestServiceThatIsOvertaken_leavesWhatGoesOnInItToTheList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStop()
		s.Keep("service", func(ctx context.Context) error {
			go func() {
				_ = shutdown.Scope(ctx, "around", func(ctx context.Context) error {
					go func() {
						_ = shutdown.Scope(ctx, "goes on", func(context.Context) error { time.Sleep(3 * time.Second); s.mark("over"); return nil })
					}()
					time.Sleep(time.Millisecond)
					return nil
				})
			}()
			time.Sleep(2 * time.Second)
			return nil
		}, shutdown.Within(time.Second))
		s.run()
		s.Stop(nil)
		s.wantResult(t, 3*time.Second)
		s.wantEvents(t, "over")
	})
}

// What somebody opens in a scope that is over has a time of its own, and not what the
// turn of that has left.
func TestScope_inOneThatIsOverHasATimeOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStop()
		s.run()
		var inside context.Context
		_ = shutdown.Scope(s.Context(), "around", func(ctx context.Context) error {
			go func() {
				_ = shutdown.Scope(ctx, "inside", func(ctx context.Context) error { inside = ctx; time.Sleep(time.Second); return nil })
			}()
			time.Sleep(time.Millisecond)
			return nil
		})
		time.Sleep(time.Minute)
		s.began = time.Now()
		_ = shutdown.Scope(context.WithoutCancel(inside), "late", func(ctx context.Context) error {
			shutdown.Finally(ctx, "journal", s.slowly("journal", time.Second))
			go func() {
				_ = shutdown.Scope(ctx, "goes on", func(context.Context) error { time.Sleep(9 * time.Second); return nil })
			}()
			synctest.Wait()
			return nil
		})
		s.wantAt(t, "journal", (7125+1000)*time.Millisecond) // three quarters of the time until the last call
		s.Stop(nil)
		<-s.result
	})
}
