package shutdown_test

import (
	"context"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// silent is work that cannot say that it was not finished: it ends after its time.
var silent = map[string]worker{
	"actor of Add": {shutdown.KindActor, func(s *stop, end func(context.Context) error) {
		s.Add("work", func() error { <-s.WorkContext().Done(); return end(s.WorkContext()) }, func(error) {})
	}},
	"interrupt": {shutdown.KindActor, func(s *stop, end func(context.Context) error) {
		told := make(chan struct{})
		s.Add("work", func() error { <-told; return nil }, func(error) {
			close(told)
			<-s.WorkContext().Done()
			_ = end(s.WorkContext())
		})
	}},
	"hold": {shutdown.KindHold, func(s *stop, end func(context.Context) error) {
		release, _ := s.Hold("work")
		go func() { <-s.WorkContext().Done(); _ = end(s.WorkContext()); release() }()
	}},
}

func TestForcedStop_cutsWorkThatCannotSaySo(t *testing.T) {
	for kind, w := range silent {
		t.Run(kind, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *stop) {
				s.run()
				w.begin(s, func(context.Context) error { return nil })
				synctest.Wait()
				s.Signal(os.Interrupt)
				time.Sleep(time.Second)
				s.Signal(os.Interrupt)
				if cut := as[*shutdown.CutError](t, s.wantFailure(t, time.Second)); cut.Name != "work" || cut.Kind != w.kind {
					t.Errorf("cut = %v", cut)
				}
				s.wantTotals(t, w.kind, shutdown.Total{Cut: 1})
			})
		})
	}
}

func TestCut_isAlsoWhoCannotSaySo(t *testing.T) {
	for kind, w := range silent {
		t.Run(kind, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *stop) {
				s.run()
				w.begin(s, func(context.Context) error { time.Sleep(100 * time.Millisecond); return nil })
				synctest.Wait()
				s.Stop(nil)
				as[*shutdown.CutError](t, s.wantFailure(t, 8100*time.Millisecond))
				s.wantTotals(t, w.kind, shutdown.Total{Cut: 1})
			})
		})
	}
}

func TestStuck_isWhoNeverReturnsAndIsNotCutAsWell(t *testing.T) {
	all := map[string]worker{}
	for _, some := range []map[string]worker{workers, silent} {
		for kind, w := range some {
			all[kind] = w
		}
	}
	for kind, w := range all {
		t.Run(kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, block := newStop(), make(chan struct{})
				defer close(block)
				s.Register("older", s.marks("older"))
				s.run()
				w.begin(s, func(context.Context) error { <-block; return nil })
				synctest.Wait()
				s.Stop(nil)
				if stuck := as[*shutdown.StuckError](t, <-s.result); stuck.Name != "work" && stuck.Name != "around" {
					t.Errorf("stuck = %v", stuck)
				}
				s.wantTotals(t, w.kind, shutdown.Total{Stuck: 1})
				s.wantEvents(t, "older")
			})
		})
	}
}

// At the instant at which work ends an event names everybody who is cut by it:
// later it would be too late to do something about it.
func TestCut_isSaidWhenItHappens(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		var names []string
		s.Observe(func(e shutdown.Event) {
			if e.Type == shutdown.EventCut {
				names = append(names, e.Component.Name)
				if e.Took != 8*time.Second || e.Err != shutdown.ErrCut {
					t.Errorf("%s was cut after %v: %v", e.Component.Name, e.Took, e.Err)
				}
			}
		})
		s.Go("actor", rollsBack)
		s.Go("quick", untilCancelled)
		s.Go("opens", func(ctx context.Context) error { return shutdown.Scope(ctx, "scope", rollsBack) })
		s.run()
		workers["actor"].begin(s, func(context.Context) error { return nil })
		silent["hold"].begin(s, func(context.Context) error { return nil })
		synctest.Wait()
		s.Stop(nil)
		<-s.result
		slices.Sort(names)
		if want := []string{"actor", "opens", "scope", "work", "work"}; !slices.Equal(names, want) {
			t.Errorf("cut were %q, want %q", names, want)
		}
	})
}

// A service has its slot, and is cut at the end of that: however long the actors
// took.
func TestService_hasTheTimeOfItsSlotForItsWork(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Register("older", s.marks("older"))
		s.Keep("writer", func(ctx context.Context) error {
			work := shutdown.Work(ctx)
			<-ctx.Done()
			s.mark("told")
			<-work.Done()
			s.mark("cut")
			return context.Cause(work)
		})
		s.Go("slow", func(ctx context.Context) error { <-ctx.Done(); time.Sleep(1500 * time.Millisecond); return nil })
		s.run()
		s.Stop(nil)
		as[*shutdown.CutError](t, s.wantFailure(t, 7500*time.Millisecond))
		s.wantAt(t, "told", 1500*time.Millisecond)
		s.wantAt(t, "cut", 7500*time.Millisecond) // three quarters of the 8 s until the last call
		s.wantAt(t, "older", 7500*time.Millisecond)
	})
}
