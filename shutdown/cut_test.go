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

// rollsBack is work that ends when its time is up, and says so.
func rollsBack(ctx context.Context) error {
	work := shutdown.Work(ctx)
	<-work.Done()
	return work.Err()
}

func TestWorkThatWasCut_isAFailure(t *testing.T) {
	for name, begin := range map[string]func(s *stop){
		"actor": func(s *stop) { s.Go("cut", rollsBack) },
		"Add": func(s *stop) {
			s.Add("cut", func() error { <-s.WorkContext().Done(); return errBoom }, func(error) {})
		},
		"hold": func(s *stop) {
			release, _ := s.Hold("cut")
			go func() { <-s.WorkContext().Done(); release() }()
		},
		"scope": func(s *stop) {
			go func() { _ = shutdown.Scope(s.Context(), "cut", rollsBack) }()
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *stop) {
				s.run()
				begin(s)
				synctest.Wait()
				s.Stop(nil)
				err := s.wantFailure(t, 8*time.Second)
				cut := as[*shutdown.CutError](t, err)
				if cut.Name != "cut" || !errors.Is(err, shutdown.ErrCut) || errors.Is(err, context.Canceled) {
					t.Errorf("Run() = %v", err)
				}
				if r := s.Report(); r.Totals[cut.Kind].Cut != 1 || r.Status.Code != 1 {
					t.Errorf("totals %v, status %v", r.Totals, r.Status)
				}
			})
		})
	}
}

func TestLateAddActor_thatOutlivesItsSlotWasCut(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Register("older", func(context.Context) error { time.Sleep(time.Second); return nil })
		s.Register("adds", func(context.Context) error {
			s.Add("late", func() error { time.Sleep(7500 * time.Millisecond); return nil }, func(error) {})
			return nil
		})
		s.run()
		s.Stop(nil)
		err := s.wantFailure(t, 8125*time.Millisecond)
		if cut := as[*shutdown.CutError](t, err); cut.Name != "late" || cut.Kind != shutdown.KindActor {
			t.Errorf("Run() = %v", err)
		}
	})
}

func TestWorkThatFinishesAllTheSame_wasNotCut(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Go("finishes", func(ctx context.Context) error { <-shutdown.Work(ctx).Done(); return nil })
		s.run()
		s.Stop(nil)
		s.wantResult(t, 8*time.Second)
	})
}

func TestErrorOfItsOwn_isNoCut(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Go("fails", func(ctx context.Context) error { <-shutdown.Work(ctx).Done(); return errBoom })
		s.run()
		s.Stop(nil)
		as[*shutdown.ActorError](t, s.wantFailure(t, 8*time.Second))
		if r := s.Report(); r.Totals[shutdown.KindActor].Cut != 0 {
			t.Errorf("totals %v", r.Totals)
		}
	})
}

func TestWhoNeverReturns_isStuckAndNotCutAsWell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, block := newStop(), make(chan struct{})
		defer close(block)
		s.Go("mule", func(context.Context) error { <-block; return nil })
		s.run()
		s.Stop(nil)
		<-s.result
		if total := s.Report().Totals[shutdown.KindActor]; total.Stuck != 1 || total.Cut != 0 {
			t.Errorf("totals %+v", total)
		}
	})
}

func TestServiceThatIsCut_atTheEndOfItsSlotIsAFailure(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Register("older", s.marks("older"))
		s.Keep("writer", rollsBack, shutdown.Within(2*time.Second))
		s.run()
		s.Stop(nil)
		if cut := as[*shutdown.CutError](t, s.wantFailure(t, 2*time.Second)); cut.Kind != shutdown.KindService {
			t.Errorf("cut = %v", cut)
		}
	})
}

func TestForcedStop_cutsWhateverHasNotEnded(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Go("worker", rollsBack)
		s.run()
		s.Signal(os.Interrupt)
		time.Sleep(time.Second)
		s.Signal(os.Interrupt)
		err := s.wantFailure(t, time.Second)
		if !errors.Is(err, shutdown.ErrForced) || as[*shutdown.CutError](t, err).Name != "worker" {
			t.Errorf("Run() = %v", err)
		}
	})
}

// Who ignores what asked for the stop must not overlook a failure.
func TestWish_isNeverJoinedWithFailures(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Register("bad", func(context.Context) error { return errBoom })
		s.run()
		s.Signal(os.Interrupt)
		if err := s.wantFailure(t, 0); errors.Is(err, context.Canceled) {
			t.Errorf("Run() = %v, which passes for a cancellation", err)
		}
	})
}

func TestParentsDeadline_makesAFailureOfWhoWasInterrupted(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Go("half done", untilCancelled)
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		err := s.Run(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || as[*shutdown.ActorError](t, err).Name != "half done" {
			t.Errorf("Run() = %v", err)
		}
	})
}

func TestWorkTime_isWhatWorkHasAtLeast(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Drain = time.Second
		want := func(name string, ctx context.Context, want time.Duration) {
			t.Helper()
			if got := shutdown.WorkTime(ctx); got != want {
				t.Errorf("WorkTime of %s = %v, want %v", name, got, want)
			}
		}
		want("a manager before Run", s.Context(), 7*time.Second)
		s.Register("finalizer", func(ctx context.Context) error { want("the oldest finalizer", ctx, 9500*time.Millisecond); return nil })
		inner := newStop()
		inner.Grace = time.Minute
		inner.Go("work", func(ctx context.Context) error {
			want("a manager inside", ctx, (7*time.Second-100*time.Millisecond)*4/5)
			<-ctx.Done()
			return nil
		})
		s.Go("part", inner.Run)
		s.run()
		s.Stop(nil)
		s.wantResult(t, 0)
	})
}
