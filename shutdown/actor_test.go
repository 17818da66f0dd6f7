package shutdown_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

func TestInterrupts_areConcurrent(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		for _, name := range []string{"a", "b", "c"} {
			quit := make(chan struct{})
			s.Add(name, func() error { <-quit; return nil }, func(error) {
				time.Sleep(2 * time.Second) // a blocking interrupt delays nobody
				s.mark(name)
				close(quit)
			})
		}
		s.run()
		s.Stop(nil)
		s.wantResult(t, 2*time.Second)
		for _, name := range []string{"a", "b", "c"} {
			s.wantAt(t, name, 2*time.Second)
		}
	})
}

func TestAdd_waitsForTheInterruptToo(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Register("finalizer", s.marks("finalizer"))
		quit := make(chan struct{})
		// As http.Server: Serve returns at once when Shutdown is called, and
		// Shutdown when the last request is answered.
		s.Add("server", func() error { <-quit; return errBoom }, func(error) {
			close(quit)
			time.Sleep(3 * time.Second)
			s.mark("answered")
		})
		s.run()
		s.Stop(nil)
		s.wantResult(t, 3*time.Second) // what execute returned after its interrupt is no failure
		s.wantEvents(t, "answered", "finalizer")
		for _, o := range s.Report().Outcomes {
			if o.Name == "server" && (o.Err != nil || o.Returned != errBoom) {
				t.Errorf("outcome = %v, returned %v; want the error recorded and no failure", o.Err, o.Returned)
			}
		}
	})
}

func TestAdd_interruptsAnActorThatHasReturned(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Add("done", func() error { return errBoom }, func(err error) { s.mark(err.Error()) })
		s.run()
		err := s.wantResult(t, 0, errBoom)
		s.wantEvents(t, err.Error())
	})
}

func TestActorFailure_isTheCauseAndTheResult(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Go("bad", func(context.Context) error { return errBoom })
		s.Go("good", untilCancelled)
		s.run()
		err := s.wantResult(t, 0, errBoom)
		if cause := as[*shutdown.ActorError](t, context.Cause(s.Context())); cause.Name != "bad" || cause.Err != errBoom {
			t.Errorf("cause = %v", cause)
		}
		if n := strings.Count(err.Error(), "boom"); n != 1 {
			t.Errorf("Run() = %v: named %d times", err, n)
		}
	})
}

func TestActorReturningNil_isACauseWithoutError(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Go("done", func(context.Context) error { return nil })
		s.run()
		s.wantResult(t, 0)
		if cause := as[*shutdown.ActorError](t, context.Cause(s.Context())); cause.Name != "done" || cause.Err != nil {
			t.Errorf("cause = %v, Err %v", cause, cause.Err)
		}
	})
}

func TestNoErrorHidesBehindACancellation(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Go("actor", func(ctx context.Context) error {
			<-ctx.Done()
			return errors.Join(ctx.Err(), errBoom)
		})
		s.run()
		s.Stop(nil)
		s.wantResult(t, 0, errBoom)
	})
}

func TestPanicInAnActor_beginsTheStopAndKeepsItsStack(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Register("finalizer", s.marks("finalizer"))
		s.Go("bad", func(context.Context) error { explode(errBoom); return nil })
		s.run()
		err := s.wantResult(t, 0, errBoom)
		s.wantEvents(t, "finalizer")
		crash := as[*shutdown.PanicError](t, err)
		if crash.Value != errBoom || crash.Name != "bad" {
			t.Errorf("panic = %v in %q", crash.Value, crash.Name)
		}
		lines := strings.Split(string(crash.Stack), "\n")
		if !strings.HasPrefix(lines[0], "goroutine ") || !strings.Contains(lines[1], "explode") {
			t.Errorf("the stack does not begin with the panicking function:\n%s", crash.Stack)
		}
		if code := shutdown.ExitCode(err); code != 2 {
			t.Errorf("ExitCode = %d, want 2", code)
		}
	})
}

func TestGoexitInAnActor_isAFailure(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Register("finalizer", s.marks("finalizer"))
		s.Go("bad", func(context.Context) error { runtime.Goexit(); return nil })
		s.run()
		err := <-s.result
		if got := as[*shutdown.ActorError](t, err); got.Name != "bad" || got.Err == nil {
			t.Errorf("Run() = %v", err)
		}
		s.wantEvents(t, "finalizer")
	})
}

func TestPanicInAnInterrupt_isAFailure(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		quit := make(chan struct{})
		s.Add("bad", func() error { <-quit; return nil }, func(error) { close(quit); panic(errBoom) })
		s.run()
		s.Stop(nil)
		err := s.wantResult(t, 0, errBoom)
		as[*shutdown.PanicError](t, err)
	})
}

func TestGo_whileStoppingStartsWithACancelledContextAndIsWaitedFor(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Register("finalizer", s.marks("finalizer"))
		s.Go("first", func(ctx context.Context) error {
			<-ctx.Done()
			s.Go("late", func(ctx context.Context) error {
				if ctx.Err() == nil {
					t.Error("the late actor's context is alive")
				}
				time.Sleep(2 * time.Second)
				s.mark("late")
				return ctx.Err()
			})
			return nil
		})
		s.run()
		s.Stop(nil)
		s.wantResult(t, 2*time.Second)
		s.wantEvents(t, "late", "finalizer")
	})
}

func TestGoAndAddAndKeep_whileFinalizingAreWaitedForNext(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		slow := func(name string) func(ctx context.Context) error {
			return func(ctx context.Context) error {
				time.Sleep(time.Second)
				s.mark(name)
				return ctx.Err()
			}
		}
		s.Register("older", s.marks("older"))
		s.Register("starter", func(context.Context) error {
			s.Go("go", slow("go"))
			s.Keep("keep", slow("keep"))
			s.Add("add", func() error { return slow("add")(context.Background()) }, func(error) { s.mark("interrupt") })
			return nil
		})
		s.run()
		s.Stop(nil)
		s.wantResult(t, time.Second)
		s.wantAt(t, "older", time.Second)
		for _, name := range []string{"go", "keep", "add"} {
			s.wantAt(t, name, time.Second)
		}
		s.wantAt(t, "interrupt", 0)
	})
}

func TestLateActor_isOnTheListWhenGoReturns(t *testing.T) {
	for range 100 { // otherwise by chance
		inBubble(t, func(t *testing.T, s *stop) {
			s.Register("adds", func(context.Context) error {
				before := s.Report().Pending
				s.Go("actor", func(context.Context) error { time.Sleep(time.Second); return nil })
				if got, want := s.Report().Pending, before+1; got != want {
					t.Errorf("%d pending, want %d", got, want)
				}
				return nil
			})
			s.run()
			s.Stop(nil)
			s.wantResult(t, time.Second)
		})
	}
}

func TestLateCauses_areKeptAndReported(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Go("actor", func(ctx context.Context) error { <-ctx.Done(); time.Sleep(time.Second); return nil })
		s.run()
		s.Stop(nil)
		s.Stop(errBoom)
		s.wantResult(t, time.Second, errBoom)
		if later := s.Report().Later; len(later) != 1 || later[0] != errBoom {
			t.Errorf("later causes = %v", later)
		}
	})
}

func TestNilFunction_panicsAtTheCallThatPassedIt(t *testing.T) {
	m := newStop().Manager
	for name, call := range map[string]func(){
		"Go":       func() { m.Go("x", nil) },
		"Keep":     func() { m.Keep("x", nil) },
		"Add":      func() { m.Add("x", nil, func(error) {}) },
		"Register": func() { m.Register("x", nil) },
		"Finally":  func() { shutdown.Finally[func()](m.Context(), "x", nil) },
		"Scope":    func() { _ = shutdown.Scope(m.Context(), "x", nil) },
		"Observe":  func() { m.Observe(nil) },
		"Signal":   func() { m.Signal(nil) },
		"Within":   func() { shutdown.Within(0) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if text, _ := recover().(string); !strings.HasPrefix(text, "shutdown: "+name) {
					t.Errorf("panic = %q, want one that names %s", text, name)
				}
			}()
			call()
		})
	}
}

//go:noinline
func explode(v any) { panic(v) }
