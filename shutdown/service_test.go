package shutdown_test

import (
	"context"
	"testing"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

func TestKeep_stopsInItsTurnAmongTheFinalizers(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Register("older", s.marks("older"))
		s.Keep("writer", func(ctx context.Context) error {
			<-ctx.Done()
			if shutdown.Work(ctx).Err() != nil {
				t.Error("the service's work context has ended before its slot")
			}
			time.Sleep(time.Second)
			s.mark("writer")
			return ctx.Err()
		})
		s.Register("newer", s.marks("newer"))
		s.Go("actor", func(ctx context.Context) error {
			<-ctx.Done()
			time.Sleep(time.Second)
			s.mark("actor")
			return nil
		})
		s.run()
		s.Stop(nil)
		s.wantResult(t, 2*time.Second)
		s.wantEvents(t, "actor", "newer", "writer", "older")
	})
}

func TestKeep_thatEndsEarlyWithNilIsDone(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Keep("warm-up", func(context.Context) error { return nil })
		s.run()
		time.Sleep(time.Hour)
		if got := s.State(); got != shutdown.Running {
			t.Fatalf("state = %v, want running", got)
		}
		s.Stop(nil)
		s.wantResult(t, time.Hour)
	})
}

func TestKeep_thatFailsBeginsTheStop(t *testing.T) {
	for name, run := range map[string]func(context.Context) error{
		"error": func(context.Context) error { return errBoom },
		"panic": func(context.Context) error { panic(errBoom) },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *stop) {
				s.Go("actor", untilCancelled)
				s.Keep("cache", run)
				s.run()
				s.wantResult(t, 0, errBoom)
			})
		})
	}
}

func TestStuckService_isOvertakenAndNamed(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		block := make(chan struct{})
		defer close(block)
		s.Register("older", s.marks("older"))
		s.Keep("mule", func(context.Context) error { standStill(block); return nil }, shutdown.Within(time.Second))
		s.run()
		s.Stop(nil)
		err := s.wantFailure(t, 9800*time.Millisecond)
		s.wantAt(t, "older", time.Second)
		if stuck := as[*shutdown.StuckError](t, err); stuck.Name != "mule" || stuck.Kind != shutdown.KindService || stuck.Stack == "" {
			t.Errorf("stuck = %v, stack %q", stuck, stuck.Stack)
		}
	})
}

func TestHold_isWaitedForBeforeAnyFinalizer(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Register("finalizer", s.marks("finalizer"))
		s.run()
		release, err := s.Hold("job")
		if err != nil {
			t.Fatal(err)
		}
		s.Stop(nil)
		if _, err := s.Hold("late"); err != shutdown.ErrStopping {
			t.Errorf("Hold while stopping = %v, want ErrStopping", err)
		}
		time.Sleep(5 * time.Second)
		release()
		release() // the second does nothing
		s.wantResult(t, 5*time.Second)
		s.wantAt(t, "finalizer", 5*time.Second)
	})
}

func TestHold_isTakenWhileDraining(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Drain = time.Second
		s.run()
		s.Signal(sigterm)
		release, err := s.Hold("job")
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Second)
		release()
		s.wantResult(t, 3*time.Second)
	})
}

func TestStuckHold_isNamedWithItsAge(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.run()
		_, _ = s.Hold("job")
		time.Sleep(time.Minute)
		s.Stop(nil)
		err := s.wantFailure(t, time.Minute+8500*time.Millisecond)
		if stuck := as[*shutdown.StuckError](t, err); stuck.Name != "job" || stuck.Running != time.Minute+8500*time.Millisecond {
			t.Errorf("stuck = %v, running %v", stuck, stuck.Running)
		}
	})
}

func TestOldReleases_doNotReleaseTheHoldsOfOthers(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.run()
		first, _ := s.Hold("first")
		first()
		second, _ := s.Hold("second") // in the slot of the first
		first()
		s.Stop(nil)
		time.Sleep(time.Second)
		second()
		s.wantResult(t, time.Second)
	})
}

func TestWork_outlivesItsContextUntilTheActorsTimeIsUp(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		type key struct{}
		s.Go("actor", func(ctx context.Context) error {
			ctx, cancel := context.WithCancel(context.WithValue(ctx, key{}, "value"))
			defer cancel()
			work := shutdown.Work(ctx)
			child, stop := context.WithCancel(work)
			defer stop()
			<-ctx.Done()
			if work.Err() != nil || context.Cause(work) != nil || work.Value(key{}) != "value" {
				t.Errorf("work: error %v, cause %v, value %v", work.Err(), context.Cause(work), work.Value(key{}))
			}
			<-child.Done()
			s.mark("work over")
			if context.Cause(child) != shutdown.ErrCut {
				t.Errorf("cause of a context derived from work = %v", context.Cause(child))
			}
			return nil
		})
		s.run()
		s.Stop(nil)
		s.wantResult(t, 8*time.Second)
		s.wantAt(t, "work over", 8*time.Second)
	})
}

func TestWorkContext_endsAtStopped(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Register("finalizer", func(context.Context) error { return s.WorkContext().Err() })
		s.run()
		s.Stop(nil)
		s.wantResult(t, 0)
		<-s.WorkContext().Done()
	})
}

func TestContexts_haveTheValuesOfTheContextGivenToRun(t *testing.T) {
	type key struct{}
	inBubble(t, func(t *testing.T, s *stop) {
		before := s.Context()
		check := func(name string) func(context.Context) error {
			return func(ctx context.Context) error {
				if got := ctx.Value(key{}); got != "value" {
					t.Errorf("value in %s = %v", name, got)
				}
				if got := shutdown.FromContext(ctx); got != s.Manager {
					t.Errorf("manager of %s = %p, want %p", name, got, s.Manager)
				}
				s.mark(name)
				return nil
			}
		}
		s.Register("finalizer", check("finalizer"))
		s.Keep("service", check("service"))
		s.Go("actor", check("actor"))
		if err := s.Run(context.WithValue(context.Background(), key{}, "value")); err != nil {
			t.Error(err)
		}
		if len(s.events) != 3 || before.Value(key{}) != "value" {
			t.Errorf("checked %v; value in a context from before Run = %v", s.events, before.Value(key{}))
		}
	})
}
