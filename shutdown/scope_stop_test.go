package shutdown_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// openScope runs fn in a scope of s in a goroutine of its own and returns the
// channel on which the error of the scope comes.
func (s *stop) openScope(fn func(ctx context.Context) error) <-chan error {
	result := make(chan error, 1)
	go func() { result <- shutdown.Scope(s.Context(), "scope", fn) }()
	synctest.Wait()
	return result
}

// after returns a function for a scope that registers a finalizer and returns
// d after the stop has begun.
func after(d time.Duration, name string, finalizer func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		shutdown.Finally(ctx, name, finalizer)
		<-ctx.Done()
		time.Sleep(d)
		return nil
	}
}

func TestScopeThatEndsLate_isWaitedForLikeAnOvertakenFinalizer(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Register("older", s.marks("older"))
		s.run()
		result := s.openScope(after(8*time.Second, "in scope", func(context.Context) error {
			time.Sleep(time.Second) // the stop comes to the scope after half of that
			s.mark("in scope")
			return nil
		}))
		s.Stop(nil)
		s.wantResult(t, 9*time.Second)
		s.wantAt(t, "older", 8500*time.Millisecond)
		s.wantAt(t, "in scope", 9*time.Second)
		if err := <-result; err != nil {
			t.Errorf("Scope() = %v", err)
		}
	})
}

func TestScopeThatEnds_isNamedByTheFinalizerThatItRuns(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		block := make(chan struct{})
		defer close(block)
		s.run()
		result := s.openScope(after(8*time.Second, "mule", func(context.Context) error { <-block; return nil }))
		s.Stop(nil)
		time.Sleep(8400 * time.Millisecond)
		if waiting := s.Report().Waiting; len(waiting) != 1 || waiting[0].Name != "mule" {
			t.Errorf("waiting for %+v, want the mule alone", waiting)
		}
		s.wantFailure(t, 9800*time.Millisecond)
		if failures := s.Report().Failures(); len(failures) != 1 || failures[0].Name != "mule" {
			t.Errorf("failures %+v, want the mule alone", failures)
		}
		if stuck := as[*shutdown.StuckError](t, <-result); stuck.Name != "mule" {
			t.Errorf("Scope() = %v", stuck)
		}
	})
}

func TestScopeThatEnds_givesUpWithTheStop(t *testing.T) {
	for range 20 { // it and the stop give up at the same instant
		inBubble(t, func(t *testing.T, s *stop) {
			block := make(chan struct{})
			defer close(block)
			s.run()
			result := s.openScope(after(8*time.Second, "mule", func(context.Context) error { <-block; return nil }))
			s.Stop(nil)
			s.wantFailure(t, 9800*time.Millisecond)
			synctest.Wait()
			select {
			case err := <-result:
				if !errors.As(err, new(*shutdown.StuckError)) {
					t.Errorf("Scope() = %v", err)
				}
			default:
				t.Error("the scope still waits although the stop is over")
			}
		})
	}
}

func TestScope_afterTheStopHasAGraceOfItsOwn(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.run()
		s.Stop(nil)
		s.wantResult(t, 0)
		time.Sleep(time.Minute)
		began := time.Now()
		err := shutdown.Scope(s.Context(), "scope", func(ctx context.Context) error {
			shutdown.Finally(ctx, "waits", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
			return nil
		})
		if took := time.Since(began); took != 9500*time.Millisecond || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Scope() = %v after %v, want context.DeadlineExceeded after 9.5s", err, took)
		}
	})
}

func TestScope_keepsWhatItHoldsUntilItsTurn(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		var result <-chan error
		s.Register("opens a scope", func(context.Context) error {
			result = s.openScope(func(ctx context.Context) error {
				shutdown.Finally(ctx, "in scope", s.marks("in scope"))
				time.Sleep(2 * time.Second)
				return nil
			})
			s.Register("in front of it", func(context.Context) error { time.Sleep(3 * time.Second); return nil })
			s.Register("overtaken", func(context.Context) error { time.Sleep(1500 * time.Millisecond); return nil }, shutdown.Within(time.Second))
			return nil
		})
		s.run()
		s.Stop(nil)
		s.wantResult(t, 4*time.Second)
		s.wantAt(t, "in scope", 2*time.Second) // by the scope itself, not by the stop
		if err := <-result; err != nil {
			t.Errorf("Scope() = %v", err)
		}
	})
}

func TestScope_openedByAFinalizerThatHasReturnedIsNotOvertakenWithTheNext(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		block := make(chan struct{})
		s.Register("overtaken", func(context.Context) error { <-block; return nil })
		s.Register("opens a scope", func(ctx context.Context) error {
			opened := make(chan struct{})
			go shutdown.Scope(ctx, "scope", func(ctx context.Context) error {
				shutdown.Finally(ctx, "in scope", s.marks("in scope"))
				close(opened)
				time.Sleep(8 * time.Second)
				return nil
			})
			<-opened
			s.Register("shares its slot", func(context.Context) error { <-block; return nil })
			return nil
		})
		s.run()
		s.Stop(nil)
		time.Sleep(9 * time.Second)
		close(block)
		s.wantResult(t, 9*time.Second)
		s.wantAt(t, "in scope", 8*time.Second) // by the scope itself
	})
}

func TestReport_countsAScopeOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		block := make(chan struct{})
		pending := func(when string, want int) {
			t.Helper()
			if got := s.Report().Pending; got != want {
				t.Errorf("%s: %d pending, want %d", when, got, want)
			}
		}
		s.Register("older", s.marks("older"))
		s.run()
		pending("before", 1)
		result := s.openScope(func(ctx context.Context) error {
			shutdown.Finally(ctx, "in scope", s.marks("in scope"))
			<-block
			return nil
		})
		pending("in a scope", 2)
		s.Stop(nil)
		synctest.Wait()
		pending("stopping", 2)
		if got := s.Report().AtStop; got != 2 {
			t.Errorf("%d at the stop, want 2", got)
		}
		close(block)
		synctest.Wait()
		s.wantResult(t, 0)
		pending("after", 0)
		<-result
	})
}

func TestService_isToldToStopBeforeWhatIsOlderIsStarted(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		block := make(chan struct{})
		defer close(block)
		var service context.Context
		s.Register("older", func(context.Context) error {
			if service.Err() == nil {
				t.Error("started before the service had been told to stop")
			}
			return nil
		})
		s.Keep("service", func(ctx context.Context) error { service = ctx; <-block; return nil })
		for range 12 { // until slots are so short that nothing is waited for
			s.Register("mule", func(context.Context) error { <-block; return nil })
		}
		s.run()
		s.Stop(nil)
		s.wantFailure(t, 9800*time.Millisecond)
	})
}
