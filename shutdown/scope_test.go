package shutdown_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

func TestScope_runsItsFinalizersWhenItsFunctionReturns(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		type key struct{}
		err := shutdown.Scope(context.WithValue(s.Context(), key{}, "value"), "scope", func(ctx context.Context) error {
			inside := ctx
			shutdown.Finally(ctx, "first", func(ctx context.Context) error {
				if ctx.Err() != nil || inside.Err() == nil || ctx.Value(key{}) != "value" {
					t.Errorf("finalizer's context %v, scope's %v, value %v", ctx.Err(), inside.Err(), ctx.Value(key{}))
				}
				s.mark("first")
				return nil
			})
			shutdown.Finally(ctx, "second", func() error { s.mark("second"); return errBoom })
			s.mark("body")
			return context.Canceled
		})
		s.wantEvents(t, "body", "second", "first")
		if !errors.Is(err, errBoom) || !errors.Is(err, context.Canceled) {
			t.Errorf("Scope() = %v, want both errors", err)
		}
	})
}

func TestScope_returnsItsFunctionsErrorAsItIs(t *testing.T) {
	s := newStop()
	if err := shutdown.Scope(s.Context(), "scope", func(context.Context) error { return errBoom }); err != errBoom {
		t.Errorf("Scope() = %v", err)
	}
	if err := shutdown.Scope(s.Context(), "scope", func(context.Context) error { return nil }); err != nil {
		t.Errorf("Scope() = %v", err)
	}
}

func TestScope_runsItsFinalizersWhenItsFunctionPanics(t *testing.T) {
	s := newStop()
	defer func() {
		if got := recover(); got != errBoom {
			t.Errorf("panic = %v, want it to go on", got)
		}
		s.wantEvents(t, "finalizer")
	}()
	_ = shutdown.Scope(s.Context(), "scope", func(ctx context.Context) error {
		shutdown.Finally(ctx, "finalizer", s.marks("finalizer"))
		panic(errBoom)
	})
}

func TestScope_runsItsFinalizersWhenItsFunctionExits(t *testing.T) {
	s := newStop()
	over := make(chan struct{})
	go func() {
		defer close(over)
		_ = shutdown.Scope(s.Context(), "scope", func(ctx context.Context) error {
			shutdown.Finally(ctx, "finalizer", s.marks("finalizer"))
			runtime.Goexit()
			return nil
		})
		t.Error("Goexit did not go on")
	}()
	<-over
	s.wantEvents(t, "finalizer")
}

func TestScopes_nest(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		var outer, ended context.Context
		err := shutdown.Scope(s.Context(), "outer", func(ctx context.Context) error {
			outer = ctx
			shutdown.Finally(ctx, "outer", s.marks("outer"))
			err := shutdown.Scope(ctx, "inner", func(ctx context.Context) error {
				ended = ctx
				shutdown.Finally(ctx, "inner", s.marks("inner"))
				return nil
			})
			shutdown.Finally(ended, "by the ended", s.marks("by the ended")) // goes to the outer
			return err
		})
		if err != nil || outer.Err() == nil {
			t.Errorf("Scope() = %v, its context %v", err, outer.Err())
		}
		s.wantEvents(t, "inner", "by the ended", "outer")
	})
}

func TestConstruct_handsOverWhatSucceedsInItsOrder(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		err := shutdown.Scope(s.Context(), "outer", func(ctx context.Context) error {
			shutdown.Finally(ctx, "before", s.marks("before"))
			err := shutdown.Construct(ctx, "constructor", func(ctx context.Context) error {
				shutdown.Finally(ctx, "one", s.marks("one"))
				shutdown.Finally(ctx, "two", s.marks("two"))
				return nil
			})
			shutdown.Finally(ctx, "after", s.marks("after"))
			s.wantEvents(t)
			return err
		})
		if err != nil {
			t.Errorf("Scope() = %v", err)
		}
		s.wantEvents(t, "after", "two", "one", "before")
	})
}

func TestConstruct_closesWhatItHasOpenedIfItFails(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		err := shutdown.Construct(s.Context(), "constructor", func(ctx context.Context) error {
			shutdown.Finally(ctx, "one", s.marks("one"))
			return errBoom
		})
		if err != errBoom {
			t.Errorf("Construct() = %v", err)
		}
		s.wantEvents(t, "one")
		s.run()
		s.Stop(nil)
		s.wantResult(t, 0)
		s.wantEvents(t, "one")
	})
}

func TestConstruct_handsOverToTheManager(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		var inside context.Context
		_ = shutdown.Construct(s.Context(), "constructor", func(ctx context.Context) error {
			inside = ctx
			shutdown.Finally(ctx, "one", s.marks("one"))
			return nil
		})
		shutdown.Finally(inside, "later", s.marks("later"))
		s.run()
		s.Stop(nil)
		s.wantResult(t, 0)
		s.wantEvents(t, "later", "one")
	})
}

func TestScope_isWaitedForByAStop(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Register("older", s.marks("older"))
		s.run()
		go func() {
			_ = shutdown.Scope(s.Context(), "scope", func(ctx context.Context) error {
				shutdown.Finally(ctx, "in scope", func(context.Context) error {
					time.Sleep(time.Second)
					s.mark("in scope")
					return nil
				})
				<-ctx.Done() // with the manager's
				time.Sleep(3 * time.Second)
				return nil
			})
		}()
		synctest.Wait()
		s.Stop(nil)
		s.wantResult(t, 4*time.Second)
		s.wantEvents(t, "in scope", "older")
	})
}

func TestAbandonedScope_isFinalizedByTheStop(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		block := make(chan struct{})
		s.Register("older", s.marks("older"))
		s.run()
		over := make(chan struct{})
		go func() {
			defer close(over)
			_ = shutdown.Scope(s.Context(), "outer", func(ctx context.Context) error {
				shutdown.Finally(ctx, "outer", s.marks("outer"))
				return shutdown.Scope(ctx, "inner", func(ctx context.Context) error {
					shutdown.Finally(ctx, "inner", s.marks("inner"))
					<-block
					shutdown.Finally(ctx, "too late", s.marks("too late"))
					return nil
				})
			})
		}()
		synctest.Wait()
		s.Register("newer", s.marks("newer"))
		s.Stop(nil)
		err := s.wantFailure(t, 8500*time.Millisecond)
		s.wantEvents(t, "newer", "inner", "outer", "older")
		if text := err.Error(); !strings.Contains(text, `scope "inner"`) || !strings.Contains(text, `scope "outer"`) {
			t.Errorf("Run() = %v, does not name the scopes", err)
		}
		close(block)
		<-over
		synctest.Wait()
		s.wantEvents(t, "newer", "inner", "outer", "older", "too late")
	})
}

func TestScope_isBoundedByTheGrace(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		block := make(chan struct{})
		defer close(block)
		err := shutdown.Scope(s.Context(), "scope", func(ctx context.Context) error {
			shutdown.Finally(ctx, "older", s.marks("older"))
			shutdown.Finally(ctx, "mule", func() { standStill(block) })
			time.Sleep(time.Minute)
			return nil
		})
		if got, want := time.Since(s.began), time.Minute+9800*time.Millisecond; got != want {
			t.Errorf("Scope returned after %v, want %v", got, want)
		}
		s.wantAt(t, "older", time.Minute+7125*time.Millisecond)
		if stuck := as[*shutdown.StuckError](t, err); stuck.Name != "mule" || !strings.Contains(stuck.Stack, "standStill") {
			t.Errorf("stuck = %v, stack %q", stuck, stuck.Stack)
		}
	})
}

func TestScope_beforeRunIsAnEntryInTheList(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Register("older", s.marks("older"))
		_ = shutdown.Scope(s.Context(), "main", func(ctx context.Context) error {
			shutdown.Finally(ctx, "in scope", s.marks("in scope"))
			s.run()
			s.Stop(nil)
			s.wantFailure(t, 8500*time.Millisecond)
			return nil
		})
		s.wantEvents(t, "in scope", "older")
	})
}

func TestScope_insideAFinalizer(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Register("older", s.marks("older"))
		s.Register("finalizer", func(ctx context.Context) error {
			return shutdown.Scope(ctx, "scope", func(ctx context.Context) error {
				shutdown.Finally(ctx, "inner", s.marks("inner"))
				shutdown.Finally(shutdown.FromContext(ctx).Context(), "next", s.marks("next"))
				return nil
			})
		})
		s.run()
		s.Stop(nil)
		s.wantResult(t, 0)
		s.wantEvents(t, "inner", "next", "older")
	})
}

func TestProcessManager_isOfUseInsideBubblesAndOutside(t *testing.T) {
	use := func(t *testing.T) {
		m := shutdown.Default()
		ran := false
		if err := shutdown.Scope(context.Background(), "scope", func(ctx context.Context) error {
			if shutdown.FromContext(ctx) != m {
				t.Error("a context of nobody's does not belong to the process's manager")
			}
			shutdown.Finally(ctx, "finalizer", func() { ran = true })
			return shutdown.Work(ctx).Err()
		}); err != nil || !ran {
			t.Errorf("Scope() = %v, finalizer run: %v", err, ran)
		}
		select {
		case <-m.Draining():
			t.Error("draining")
		case <-m.Context().Done():
			t.Error("stopping")
		default:
		}
	}
	synctest.Test(t, use)
	use(t)
	synctest.Test(t, use)
}
