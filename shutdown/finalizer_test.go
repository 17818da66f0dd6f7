package shutdown_test

import (
	"context"
	"errors"
	"net"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

func TestUnregister_keepsAFinalizerFromRunning(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		f := s.Register("finalizer", s.marks("finalizer"))
		if !f.Unregister() || f.Unregister() {
			t.Error("Unregister() is not true the first time and false the second")
		}
		s.run()
		s.Stop(nil)
		s.wantResult(t, 0)
		s.wantEvents(t)
	})
}

func TestUnregister_isFalseOnceTheFinalizerHasStarted(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		var f *shutdown.Finalizer
		f = s.Register("finalizer", func(context.Context) error {
			if f.Unregister() {
				t.Error("Unregister() inside = true")
			}
			return nil
		})
		s.run()
		s.Stop(nil)
		s.wantResult(t, 0)
	})
}

func TestSameFunctionTwice_isTwoFinalizers(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		f := s.Register("one", s.marks("run"))
		s.Register("two", s.marks("run"))
		s.Register("three", s.marks("run"))
		f.Unregister()
		s.run()
		s.Stop(nil)
		s.wantResult(t, 0)
		s.wantEvents(t, "run", "run")
	})
}

func TestFinalizerRun_runsItNowAndNeverAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		f := s.Register("finalizer", func(context.Context) error { s.mark("run"); return errBoom })
		if err := f.Run(t.Context()); !errors.Is(err, errBoom) {
			t.Errorf("Run() = %v", err)
		}
		if err := f.Run(t.Context()); err == nil || errors.Is(err, errBoom) {
			t.Errorf("second Run() = %v, want an error of its own", err)
		}
		if f.Unregister() {
			t.Error("Unregister() after Run = true")
		}
		s.run()
		s.Stop(nil)
		s.wantResult(t, 0) // the error went to Run's caller
		s.wantEvents(t, "run")
	})
}

func TestFinalizerRun_insideItselfIsAnError(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		var inner []error
		register := func() *shutdown.Finalizer {
			var f *shutdown.Finalizer
			f = s.Register("finalizer", func(context.Context) error {
				inner = append(inner, f.Run(context.Background()))
				return nil
			})
			return f
		}
		if err := register().Run(t.Context()); err != nil {
			t.Errorf("Run() = %v", err)
		}
		register() // and the same when a stop runs it
		s.run()
		s.Stop(nil)
		s.wantResult(t, 0)
		if len(inner) != 2 || inner[0] == nil || inner[1] == nil {
			t.Errorf("Run() inside = %v, want two errors", inner)
		}
	})
}

func TestFinalizerRun_isWaitedForByAStopInItsTurn(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Register("older", s.marks("older"))
		f := s.Register("slow", func(context.Context) error { time.Sleep(3 * time.Second); s.mark("slow"); return nil })
		s.Register("newer", s.marks("newer"))
		s.run()
		go func() { _ = f.Run(context.Background()) }()
		synctest.Wait()
		s.Stop(nil)
		s.wantResult(t, 3*time.Second)
		s.wantEvents(t, "newer", "slow", "older")
	})
}

func TestFinalizerRun_concurrentlyGivesBothTheSameResult(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		f := s.Register("slow", func(context.Context) error { time.Sleep(time.Second); return errBoom })
		go func() { _ = f.Run(context.Background()) }()
		synctest.Wait()
		hurried, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		if err := f.Run(hurried); err != context.DeadlineExceeded {
			t.Errorf("Run() with a short context = %v", err)
		}
		if err := f.Run(context.Background()); !errors.Is(err, errBoom) {
			t.Errorf("Run() = %v", err)
		}
	})
}

func TestRegister_whileFinalizingIsNext(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Register("oldest", s.marks("oldest"))
		s.Register("older", func(context.Context) error {
			s.Register("late", s.marks("late"))
			s.mark("older")
			return nil
		})
		s.run()
		s.Stop(nil)
		s.wantResult(t, 0)
		s.wantEvents(t, "older", "late", "oldest")
	})
}

func TestRegister_byAnOvertakenFinalizerIsStillRun(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Register("slow", func(context.Context) error {
			time.Sleep(3 * time.Second)
			s.Register("late", s.marks("late"))
			time.Sleep(time.Second)
			return nil
		}, shutdown.Within(time.Second))
		s.run()
		s.Stop(nil)
		s.wantResult(t, 4*time.Second)
		s.wantAt(t, "late", 3*time.Second)
	})
}

func TestRegister_afterStoppedStartsItWithADeadContext(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.run()
		s.Stop(nil)
		s.wantResult(t, 0)
		for name, hand := range map[string]func(func(context.Context) error){
			"Register": func(fn func(context.Context) error) { s.Register("late", fn) },
			"Go":       func(fn func(context.Context) error) { s.Go("late", fn) },
			"Keep":     func(fn func(context.Context) error) { s.Keep("late", fn) },
		} {
			ended := make(chan error, 1)
			hand(func(ctx context.Context) error { ended <- ctx.Err(); return nil })
			if err := <-ended; err == nil {
				t.Errorf("the context of a late %s is alive", name)
			}
		}
	})
}

func TestEndlessRegistration_endsInTime(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		var again func(context.Context) error
		again = func(context.Context) error {
			if s.State() != shutdown.Stopped {
				time.Sleep(time.Millisecond)
				s.Register("again", again)
			}
			return nil
		}
		s.Register("first", again)
		s.run()
		s.Stop(nil)
		<-s.result // what was registered at the last moment may still be running
		if got := time.Since(s.began); got != 9800*time.Millisecond {
			t.Errorf("Run returned at %v", got)
		}
		time.Sleep(time.Second)
	})
}

func TestFailuresOfFinalizers_doNotKeepTheOthersFromRunning(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Register("last", s.marks("last"))
		s.Register("panics", func(context.Context) error { explode("bang"); return nil })
		s.Register("exits", func(context.Context) error { runtime.Goexit(); return nil })
		s.Register("fails", func(context.Context) error { return errBoom })
		s.Register("bad value", func(context.Context) error { panic(badError{}) })
		s.run()
		s.Stop(nil)
		err := s.wantResult(t, 0, errBoom)
		s.wantEvents(t, "last")
		for _, want := range []string{"bang", "Goexit", "boom", "PANIC"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("Run() = %v, does not tell of %q", err, want)
			}
		}
		if got := s.Report().Totals[shutdown.KindFinalizer]; got.OK != 1 || got.Failed != 4 {
			t.Errorf("totals = %+v", got)
		}
	})
}

// badError panics when it is asked what is wrong.
type badError struct{}

func (badError) Error() string { panic("no words") }

func TestThousandFinalizers_runInOrderWhateverTheyAre(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		var want []string
		for i := range 1000 {
			name := strconv.Itoa(i)
			want = append([]string{name}, want...)
			s.Register(name, func(context.Context) error {
				s.mark(name)
				switch i % 10 {
				case 3:
					runtime.Goexit()
				case 5:
					panic(i)
				case 7:
					return errBoom
				}
				return nil
			})
		}
		s.run()
		s.Stop(nil)
		<-s.result
		s.wantEvents(t, want...)
	})
}

func TestEverythingFromAThousandGoroutines(t *testing.T) {
	silent := newStop()
	m := silent.Manager
	finished := make(chan error, 1)
	go func() { finished <- m.Run(context.Background()) }()
	var all sync.WaitGroup
	for i := range 1000 {
		all.Go(func() {
			f := m.Register("finalizer", func(context.Context) error {
				m.Register("inner", func(context.Context) error { return nil })
				return nil
			})
			switch i % 8 {
			case 0:
				f.Unregister()
			case 1:
				_ = f.Run(context.Background())
			case 2:
				if release, err := m.Hold("hold"); err == nil {
					defer release()
				}
			case 3:
				m.Go("actor", untilCancelled)
			case 4:
				m.Keep("service", untilCancelled)
			case 5:
				_ = shutdown.Scope(m.Context(), "scope", func(ctx context.Context) error {
					shutdown.Finally(ctx, "in scope", func() {})
					return nil
				})
			case 6:
				m.Observe(func(shutdown.Event) {})
				_ = m.Report()
			case 7:
				if i > 500 {
					m.Stop(nil)
				}
			}
		})
	}
	all.Wait()
	if err := <-finished; err != nil {
		t.Errorf("Run() = %v", err)
	}
}

func TestFunc_takesEveryShapeOfACleanup(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		ctx, cancel := context.WithCancel(context.Background())
		ticker := time.NewTicker(time.Hour)
		type closer func() error
		type shutter func(context.Context)
		shutdown.Finally(s.Context(), "cancel", cancel)
		shutdown.Finally(s.Context(), "stop", ticker.Stop)
		shutdown.Finally(s.Context(), "close", func() error { return errBoom })
		shutdown.Finally(s.Context(), "shutdown", func(ctx context.Context) error { s.mark("shutdown"); return ctx.Err() })
		shutdown.Finally(s.Context(), "drain", func(context.Context) { s.mark("drain") })
		shutdown.Finally(s.Context(), "named close", closer(func() error { s.mark("named close"); return nil }))
		shutdown.Finally(s.Context(), "named drain", shutter(func(ctx context.Context) {
			if ctx.Err() == nil {
				s.mark("named drain")
			}
		}))
		s.run()
		s.Stop(nil)
		s.wantResult(t, 0, errBoom)
		s.wantEvents(t, "named drain", "named close", "drain", "shutdown")
		if ctx.Err() == nil {
			t.Error("the CancelFunc was not called")
		}
	})
}

func TestListenerThatWasClosedAlready_isNoFailure(t *testing.T) {
	s := newStop()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	shutdown.Finally(s.Context(), "listener", ln.Close)
	_ = ln.Close() // as the server does that it was given to
	s.Stop(nil)
	if err := s.Run(t.Context()); err != nil {
		t.Errorf("Run() = %v", err)
	}
}

func TestSite_isTheLineThatRegistered(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		fail := func() error { return errBoom }
		_, _, line, _ := runtime.Caller(0)
		s.Register("method", func(context.Context) error { return errBoom })
		shutdown.Finally(s.Context(), "function", fail)
		s.run()
		s.Stop(nil)
		<-s.result
		for _, o := range s.Report().Outcomes {
			want := map[string]int{"method": line + 1, "function": line + 2}[o.Name]
			if !strings.HasSuffix(o.Site, "finalizer_test.go:"+strconv.Itoa(want)) {
				t.Errorf("site of %q = %q, want line %d", o.Name, o.Site, want)
			}
		}
	})
}
