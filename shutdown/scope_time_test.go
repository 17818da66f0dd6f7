package shutdown_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// A scope that is left behind with the actors has had its time: what it holds is
// run at once when the list comes to it, and it costs no slot.
func TestScope_hasItsTimeOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, block := newStop(), make(chan struct{})
		defer close(block)
		s.Register("older", s.marks("older"))
		s.run()
		s.openScope(func(ctx context.Context) error {
			shutdown.Finally(ctx, "held", s.marks("held"))
			<-block
			return nil
		})
		s.Register("newer", s.marks("newer"))
		s.Stop(nil)
		s.wantFailure(t, 8500*time.Millisecond)
		s.wantEvents(t, "newer", "held", "older")
		s.wantAt(t, "older", 8500*time.Millisecond)
	})
}

// One that is waited for does not make its neighbour wait once more.
func TestScope_besideOneThatHasHadItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, block := newStop(), make(chan struct{})
		defer close(block)
		s.Register("older", s.marks("older"))
		s.run()
		s.openScope(func(context.Context) error { <-block; return nil })
		s.Register("opens", func(context.Context) error {
			s.openScope(func(context.Context) error { time.Sleep(100 * time.Millisecond); return nil })
			return nil
		})
		s.Stop(nil)
		s.wantFailure(t, 8600*time.Millisecond)
		s.wantAt(t, "older", 8600*time.Millisecond)
	})
}

// What lies in a finalizer that has been overtaken has had its time with it.
func TestScope_inAnOvertakenFinalizerIsTakenOverAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, block := newStop(), make(chan struct{})
		defer close(block)
		s.Register("older", s.marks("older"))
		s.Register("opens", func(ctx context.Context) error {
			return shutdown.Scope(ctx, "outer", func(ctx context.Context) error {
				return shutdown.Scope(ctx, "inner", func(ctx context.Context) error {
					shutdown.Finally(ctx, "held", s.marks("held"))
					<-block
					return nil
				})
			})
		}, shutdown.Within(time.Second))
		s.run()
		s.Stop(nil)
		<-s.result
		s.wantEvents(t, "held", "older")
		s.wantAt(t, "held", time.Second)
		s.wantAt(t, "older", time.Second)
	})
}

// A list inside of a slot divides that: a stuck finalizer in it leaves some time
// for the next.
func TestListInASlot_dividesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, block := newStop(), make(chan struct{})
		defer close(block)
		s.Register("older", s.marks("older"))
		s.Keep("writer", func(ctx context.Context) error {
			shutdown.Finally(ctx, "file", s.marks("file"))
			shutdown.Finally(ctx, "mule", func() { <-block })
			<-ctx.Done()
			return nil
		}, shutdown.Within(4*time.Second))
		s.run()
		s.Stop(nil)
		<-s.result
		s.wantEvents(t, "file", "older")
		s.wantAt(t, "file", 2850*time.Millisecond)  // three quarters of the time until a twentieth before its end
		s.wantAt(t, "older", 3920*time.Millisecond) // a fiftieth before
	})
}

// A scope whose function calls Run is no work that the stop could wait for: it
// waits for the stop.
func TestScopeAroundRun_isTakenOverAtOnce(t *testing.T) {
	for name, run := range map[string]func(s *stop, ctx context.Context) error{
		"in its own goroutine": func(s *stop, _ context.Context) error { return s.Run(context.Background()) },
		"with values of its own": func(s *stop, _ context.Context) error {
			type key struct{}
			return s.Run(context.WithValue(context.Background(), key{}, 1))
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *stop) {
				s.Register("older", s.marks("older"))
				s.Go("actor", func(ctx context.Context) error { <-ctx.Done(); s.mark("actor"); return nil })
				time.AfterFunc(time.Second, func() { s.Stop(nil) })
				err := shutdown.Scope(s.Context(), "outer", func(ctx context.Context) error {
					shutdown.Finally(ctx, "outer's", s.marks("outer's"))
					return shutdown.Scope(ctx, "inner", func(ctx context.Context) error {
						shutdown.Finally(ctx, "inner's", s.marks("inner's"))
						return run(s, ctx)
					})
				})
				if took := time.Since(s.began); err != nil || took != time.Second {
					t.Errorf("Scope() = %v after %v, want nil after 1s", err, took)
				}
				s.wantEvents(t, "actor", "inner's", "outer's", "older")
			})
		})
	}
}

// Any other scope that was opened before Run is a scope like all others.
func TestScopeBeforeRun_isWaitedForIfItDoesNotCallRun(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Register("older", s.marks("older"))
		result := s.openScope(after(2*time.Second, "held", s.marks("held")))
		s.run()
		s.Stop(nil)
		s.wantResult(t, 2*time.Second)
		s.wantEvents(t, "held", "older")
		if err := <-result; err != nil {
			t.Errorf("Scope() = %v", err)
		}
	})
}

// A batch writer that works in a scope a batch loses nothing in a healthy stop,
// nor does one that is told in the middle of it.
func TestService_worksInAScopeABatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, opened, closed := newStop(), 0, 0
		s.Register("database", s.marks("database"))
		s.Keep("writer", func(ctx context.Context) error {
			shutdown.Finally(ctx, "journal", s.marks("journal"))
			for ctx.Err() == nil {
				if err := shutdown.Scope(ctx, "batch", func(ctx context.Context) error {
					opened++
					shutdown.Finally(ctx, "transaction", func() { closed++ })
					time.Sleep(time.Second)
					return nil
				}); err != nil {
					return err
				}
			}
			return nil
		})
		s.run()
		time.Sleep(2500 * time.Millisecond)
		s.Stop(nil)
		s.wantResult(t, 3*time.Second)
		s.wantEvents(t, "journal", "database")
		if opened != 3 || closed != 3 {
			t.Errorf("%d batches begun, %d ended; want 3", opened, closed)
		}
	})
}
