package shutdown_test

import (
	"context"
	"errors"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oklog/run"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/signals"
)

var (
	noSignals = []os.Signal{}
	sigterm   = syscall.SIGTERM
	errBoom   = errors.New("boom")
)

func TestRun_runsFinalizersNewestFirstAfterTheActors(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Register("first", s.marks("first"))
		s.Register("second", s.marks("second"))
		s.Go("actor", func(ctx context.Context) error {
			<-ctx.Done()
			time.Sleep(3 * time.Second)
			s.mark("actor")
			return ctx.Err()
		})
		s.run()
		s.Stop(nil)
		s.wantResult(t, 3*time.Second)
		s.wantEvents(t, "actor", "second", "first")
	})
}

func TestRun_returnsNilIfTheStopWasAskedFor(t *testing.T) {
	for name, ask := range map[string]func(s *stop){
		"signal": func(s *stop) { s.Signal(syscall.SIGTERM) },
		"Stop":   func(s *stop) { s.Stop(nil) },
		"actor":  func(s *stop) { s.Go("done", func(context.Context) error { return nil }) },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *stop) {
				s.Go("actor", untilCancelled)
				s.run()
				ask(s)
				s.wantResult(t, 0)
			})
		})
	}
}

func TestRun_endsWithItsParentContext(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		ctx, cancel := context.WithCancelCause(context.Background())
		go func() { s.result <- s.Run(ctx) }()
		synctest.Wait()
		s.began = time.Now()
		cancel(errBoom)
		s.wantResult(t, 0)
		if got := context.Cause(s.Context()); got != errBoom {
			t.Errorf("cause = %v, want the parent's", got)
		}
	})
}

func TestRun_joinsTheCauseAndEveryFailureNoneTwice(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Register("bad", func(context.Context) error { return errBoom })
		s.Go("actor", func(ctx context.Context) error { <-ctx.Done(); return os.ErrClosed })
		s.run()
		s.Signal(syscall.SIGTERM)
		err := s.wantResult(t, 0, errBoom, os.ErrClosed)
		if n := strings.Count(err.Error(), "boom"); n != 1 {
			t.Errorf("Run() = %v, names the finalizer's error %d times", err, n)
		}
		if got := as[*shutdown.FinalizerError](t, err).Name; got != "bad" {
			t.Errorf("failed finalizer = %q", got)
		}
		if got := as[*shutdown.ActorError](t, err).Name; got != "actor" {
			t.Errorf("failed actor = %q", got)
		}
	})
}

func TestRun_twiceIsAnError(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.run()
		if err := s.Run(t.Context()); err != shutdown.ErrRunTwice {
			t.Errorf("second Run() = %v, want ErrRunTwice", err)
		}
		s.Stop(nil)
		s.wantResult(t, 0)
	})
}

func TestRun_refusesContradictorySettingsAndStartsNothing(t *testing.T) {
	for name, change := range map[string]func(*shutdown.Manager){
		"Grace":   func(m *shutdown.Manager) { m.Grace = -1 },
		"Drain":   func(m *shutdown.Manager) { m.Drain = -time.Second },
		"half":    func(m *shutdown.Manager) { m.Drain = grace/2 + 1 },
		"Signals": func(m *shutdown.Manager) { m.Signals = []os.Signal{nil} },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *stop) {
				s.Go("actor", func(context.Context) error { s.mark("started"); return nil })
				change(s.Manager)
				err := s.Run(t.Context())
				if err == nil || !strings.Contains(err.Error(), name) {
					t.Errorf("Run() = %v, want an error that names %s", err, name)
				}
				if code := shutdown.ExitCode(err); code != 2 {
					t.Errorf("ExitCode(%v) = %d, want 2", err, code)
				}
				synctest.Wait()
				s.wantEvents(t)
			})
		})
	}
}

func TestZeroManager_isReadyToUse(t *testing.T) {
	var m shutdown.Manager
	m.Signals = noSignals // those of the test process are not ours to take
	m.Stop(nil)
	if m.State() != shutdown.Idle || m.Ready() || m.Context().Err() != nil {
		t.Errorf("before Run: state %v, ready %v, context %v", m.State(), m.Ready(), m.Context().Err())
	}
	if err := m.Run(t.Context()); err != nil {
		t.Errorf("Run() = %v", err)
	}
	if r := m.Report(); r.Grace != shutdown.DefaultGrace || m.State() != shutdown.Stopped {
		t.Errorf("after Run: grace %v, state %v", r.Grace, m.State())
	}
	<-m.Done()
}

func TestStopBeforeRun_startsEverythingWithItsContextCancelled(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Register("finalizer", s.marks("finalizer"))
		started := func(name string) func(context.Context) error {
			return func(ctx context.Context) error {
				if ctx.Err() == nil {
					t.Errorf("the context of %s is alive", name)
				}
				s.mark(name)
				return ctx.Err()
			}
		}
		s.Go("actor", started("actor"))
		s.Add("oklog", func() error { s.mark("execute"); return nil }, func(err error) { s.mark("interrupt: " + err.Error()) })
		s.Stop(nil)
		s.run()
		s.wantResult(t, 0)
		for _, event := range []string{"actor", "execute", "interrupt: " + shutdown.ErrStopped.Error(), "finalizer"} {
			s.wantAt(t, event, 0)
		}
	})
}

func TestStates_areEnteredInOrder(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Drain = 2 * time.Second
		var states []shutdown.State
		s.Observe(func(e shutdown.Event) {
			if e.Type == shutdown.EventState {
				states = append(states, e.State)
			}
		})
		s.run()
		if !s.Ready() {
			t.Error("not ready while running")
		}
		s.Signal(syscall.SIGTERM)
		if s.Ready() || s.State() != shutdown.Draining || s.Context().Err() != nil {
			t.Errorf("draining: ready %v, state %v, context %v", s.Ready(), s.State(), s.Context().Err())
		}
		<-s.Draining()
		s.wantResult(t, 2*time.Second)
		want := []shutdown.State{shutdown.Running, shutdown.Draining, shutdown.Stopping, shutdown.Finalizing, shutdown.Stopped}
		if len(states) != len(want) {
			t.Fatalf("states = %v, want %v", states, want)
		}
		for i := range want {
			if states[i] != want[i] {
				t.Errorf("states = %v, want %v", states, want)
			}
		}
	})
}

func TestDrain_isOnlyForSIGTERM(t *testing.T) {
	for name, ask := range map[string]func(*stop){
		"SIGINT": func(s *stop) { s.Signal(os.Interrupt) },
		"Stop":   func(s *stop) { s.Stop(nil) },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *stop) {
				s.Drain = 2 * time.Second
				s.run()
				ask(s)
				s.wantResult(t, 0)
			})
		})
	}
}

func TestDrain_isCutShort(t *testing.T) {
	for name, end := range map[string]func(s *stop, fail chan<- error){
		"SIGTERM": func(s *stop, _ chan<- error) { s.Signal(syscall.SIGTERM) },
		"SIGINT":  func(s *stop, _ chan<- error) { s.Signal(os.Interrupt) },
		"Stop":    func(s *stop, _ chan<- error) { s.Stop(nil) },
		"failure": func(_ *stop, fail chan<- error) { fail <- errBoom },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *stop) {
				s.Drain = 4 * time.Second
				fail := make(chan error, 1)
				s.Go("actor", func(ctx context.Context) error {
					select {
					case err := <-fail:
						return err
					case <-ctx.Done():
						return nil
					}
				})
				s.run()
				s.Signal(syscall.SIGTERM)
				time.Sleep(time.Second)
				end(s, fail)
				if err := <-s.result; (name == "failure") != errors.Is(err, errBoom) {
					t.Errorf("Run() = %v", err)
				}
				if got := time.Since(s.began); got != time.Second {
					t.Errorf("Run returned at %v, want 1s", got)
				}
			})
		})
	}
}

func TestDrain_goesOnAfterAnActorReturnsNil(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Drain = 4 * time.Second
		s.Go("batch", func(ctx context.Context) error {
			<-s.Draining()
			return nil
		})
		s.Go("server", func(ctx context.Context) error { <-ctx.Done(); s.mark("stopped"); return nil })
		s.run()
		s.Signal(syscall.SIGTERM)
		s.wantResult(t, 4*time.Second)
		s.wantAt(t, "stopped", 4*time.Second)
	})
}

func TestParentEnd_endsTheDrain(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Drain = 4 * time.Second
		ctx, cancel := context.WithCancel(context.Background())
		go func() { s.result <- s.Run(ctx) }()
		synctest.Wait()
		s.began = time.Now()
		s.Signal(syscall.SIGTERM)
		time.Sleep(time.Second)
		cancel()
		s.wantResult(t, time.Second)
	})
}

func TestCause_isTheSameEverywhere(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Register("finalizer", func(ctx context.Context) error {
			if got := context.Cause(shutdown.FromContext(ctx).Context()); got != s.Report().Cause {
				t.Errorf("cause in the finalizer = %v", got)
			}
			return nil
		})
		interrupted := make(chan error, 1)
		s.Add("oklog", func() error { return <-interrupted }, func(err error) { interrupted <- err })
		s.run()
		s.Signal(syscall.SIGTERM)
		s.wantResult(t, 0)
		cause := context.Cause(s.Context())
		if got := cause.(*signals.Error).Signal; got != syscall.SIGTERM {
			t.Errorf("signal = %v", got)
		}
		if !errors.Is(cause, run.ErrSignal) || !errors.Is(cause, context.Canceled) {
			t.Errorf("cause %v matches neither run.ErrSignal nor context.Canceled", cause)
		}
	})
}

func TestSecondInterrupt_forcesHalfASecondAfterTheFirst(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Register("quick", s.marks("quick"))
		block := make(chan struct{})
		defer close(block)
		s.Go("stuck", func(context.Context) error { <-block; return nil })
		s.run()
		s.Signal(os.Interrupt)
		time.Sleep(499 * time.Millisecond)
		s.Signal(os.Interrupt) // an echo of the first, and so the one to count from
		time.Sleep(time.Second)
		s.Signal(syscall.SIGTERM) // machines do not insist
		time.Sleep(time.Second)
		s.wantEvents(t)
		s.Signal(os.Interrupt)
		err := s.wantResult(t, 2499*time.Millisecond, shutdown.ErrForced)
		s.wantEvents(t, "quick")
		if got := as[*shutdown.StuckError](t, err).Name; got != "stuck" {
			t.Errorf("stuck = %q", got)
		}
		if code := shutdown.ExitCode(err); code != 130 {
			t.Errorf("ExitCode = %d, want 130", code)
		}
	})
}

func TestForcedStop_startsEverythingAndWaitsForItTwoHundredMilliseconds(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		block := make(chan struct{})
		defer close(block)
		stuck := func(name string) {
			s.Register(name, func(ctx context.Context) error { s.mark(name); <-block; return nil })
		}
		stuck("oldest")
		stuck("older")
		stuck("running")
		s.run()
		s.Signal(os.Interrupt)
		time.Sleep(time.Second)
		s.Signal(os.Interrupt)
		s.wantResult(t, 1200*time.Millisecond, shutdown.ErrForced)
		s.wantEvents(t, "running", "older", "oldest")
		s.wantAt(t, "older", time.Second)
		s.wantAt(t, "oldest", 1100*time.Millisecond) // half of the 200 ms
		if !errors.Is(context.Cause(s.WorkContext()), shutdown.ErrForced) {
			t.Errorf("cause of WorkContext = %v", context.Cause(s.WorkContext()))
		}
	})
}

func TestStuckActor_isNamedAndLeftBehind(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		block := make(chan struct{})
		defer close(block)
		s.Register("finalizer", s.marks("finalizer"))
		_, _, line, _ := runtime.Caller(0)
		s.Go("mule", func(context.Context) error { standStill(block); return nil })
		s.Go("worker", func(ctx context.Context) error {
			<-shutdown.Work(ctx).Done()
			s.mark("work over")
			return nil
		})
		s.run()
		s.Stop(nil)
		err := s.wantFailure(t, 8500*time.Millisecond)
		s.wantAt(t, "work over", 8*time.Second)
		s.wantAt(t, "finalizer", 8500*time.Millisecond)
		stuck := as[*shutdown.StuckError](t, err)
		if stuck.Name != "mule" || stuck.Kind != shutdown.KindActor || stuck.Running != 8500*time.Millisecond {
			t.Errorf("stuck = %v %q for %v", stuck.Kind, stuck.Name, stuck.Running)
		}
		if want := "manager_test.go:" + strconv.Itoa(line+1); !strings.HasSuffix(stuck.Site, want) {
			t.Errorf("site = %q, want …%s", stuck.Site, want)
		}
		if !strings.Contains(stuck.Stack, "standStill") {
			t.Errorf("stack = %q, want standStill in it", stuck.Stack)
		}
		if code := shutdown.ExitCode(err); code != 124 {
			t.Errorf("ExitCode = %d, want 124", code)
		}
	})
}

func TestStuckFinalizer_isOvertakenAfterThreeQuartersOfTheTime(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		block := make(chan struct{})
		defer close(block)
		s.Register("older", func(ctx context.Context) error {
			deadline, _ := ctx.Deadline()
			if got, want := deadline.Sub(s.began), 9500*time.Millisecond; got != want {
				t.Errorf("the slot of the oldest ends at %v, want %v: at the last call", got, want)
			}
			return s.marks("older")(ctx)
		})
		s.Register("mule", func(ctx context.Context) error {
			deadline, _ := ctx.Deadline()
			if got, want := deadline.Sub(s.began), 7125*time.Millisecond; got != want {
				t.Errorf("the first slot ends at %v, want %v: three quarters of that", got, want)
			}
			standStill(block)
			return nil
		})
		s.run()
		s.Stop(nil)
		err := s.wantFailure(t, 9800*time.Millisecond)
		s.wantAt(t, "older", 7125*time.Millisecond)
		stuck := as[*shutdown.StuckError](t, err)
		if stuck.Name != "mule" || !strings.Contains(stuck.Stack, "standStill") || !strings.Contains(stuck.Site, "manager_test.go:") {
			t.Errorf("stuck = %v, stack %q", stuck, stuck.Stack)
		}
		if stuck.Running != 9800*time.Millisecond {
			t.Errorf("running for %v, want 9.8s", stuck.Running)
		}
	})
}

func TestFinalizerThatObeysItsContext_givesWay(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Register("older", s.marks("older"))
		s.Register("slow", func(ctx context.Context) error {
			<-ctx.Done()
			s.mark("slow")
			if cause := context.Cause(ctx); cause != shutdown.ErrStopped {
				t.Errorf("cause = %v, want that of the stop", cause)
			}
			return ctx.Err()
		})
		s.run()
		s.Stop(nil)
		s.wantResult(t, 7125*time.Millisecond, context.DeadlineExceeded)
		s.wantEvents(t, "slow", "older")
	})
}

func TestReturningAtTheVeryDeadline_countsAsReturned(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Register("finalizer", func(context.Context) error { time.Sleep(9800*time.Millisecond - 8500*time.Millisecond); return nil })
		s.Go("actor", func(ctx context.Context) error {
			<-ctx.Done()
			time.Sleep(8500 * time.Millisecond)
			return nil
		})
		s.run()
		s.Stop(nil)
		s.wantResult(t, 9800*time.Millisecond)
	})
}

func TestWithin_boundsOneFinalizer(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		block := make(chan struct{})
		s.Register("older", func(context.Context) error { s.mark("older"); close(block); return nil })
		s.Register("mule", func(context.Context) error { <-block; s.mark("mule"); return nil }, shutdown.Within(2*time.Second))
		s.run()
		s.Stop(nil)
		s.wantResult(t, 2*time.Second) // overtaken, but returned in the end
		s.wantEvents(t, "older", "mule")
	})
}

func standStill(block <-chan struct{}) { <-block }
