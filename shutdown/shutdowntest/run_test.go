package shutdowntest_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/shutdowntest"
)

// untilStopped is a run that returns nil when it is told to stop.
func untilStopped(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

// until is untilStopped with something done first.
func until(first func(ctx context.Context)) func(context.Context) error {
	return func(ctx context.Context) error {
		first(ctx)
		return untilStopped(ctx)
	}
}

func TestStatus(t *testing.T) {
	for name, c := range map[string]struct {
		run     func(ctx context.Context) error
		options []shutdowntest.Option
		want    shutdowntest.Status
		text    string
	}{
		"nil is 0": {
			run:  func(context.Context) error { return nil },
			text: "0",
		},
		"a signal that ended well is 0": {
			run:     untilStopped,
			options: []shutdowntest.Option{shutdowntest.Signal(time.Second, syscall.SIGTERM)},
			text:    "0",
		},
		"run cut short by SIGTERM dies by it": {
			run:     func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
			options: []shutdowntest.Option{shutdowntest.Signal(time.Second, syscall.SIGTERM)},
			want:    shutdowntest.Status{Code: 143, Signal: syscall.SIGTERM},
			text:    "SIGTERM",
		},
		"run that returns the cause dies by it": {
			run:     func(ctx context.Context) error { <-ctx.Done(); return context.Cause(ctx) },
			options: []shutdowntest.Option{shutdowntest.Signal(time.Second, os.Interrupt)},
			want:    shutdowntest.Status{Code: 130, Signal: os.Interrupt},
			text:    "SIGINT",
		},
		"run cut short by Stop is 0": {
			run: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
			options: []shutdowntest.Option{
				shutdowntest.At(time.Second, func(m *shutdown.Manager) { m.Stop(nil) }),
			},
			text: "0",
		},
		"another actor cut short says nothing": {
			run: until(func(ctx context.Context) {
				shutdown.FromContext(ctx).Go("other", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
			}),
			options: []shutdowntest.Option{shutdowntest.Signal(time.Second, syscall.SIGTERM)},
			text:    "0",
		},
		"a failed finalizer outweighs being cut short": {
			run: func(ctx context.Context) error {
				shutdown.Finally(ctx, "db", func() error { return errors.New("torn") })
				<-ctx.Done()
				return ctx.Err()
			},
			options: []shutdowntest.Option{shutdowntest.Signal(time.Second, syscall.SIGTERM)},
			want:    shutdowntest.Status{Code: 1},
			text:    "1",
		},
		"an error is 1": {
			run:  func(context.Context) error { return errors.New("no") },
			want: shutdowntest.Status{Code: 1},
			text: "1",
		},
		"a panic is 2": {
			run:  func(context.Context) error { panic("no") },
			want: shutdowntest.Status{Code: 2},
			text: "2",
		},
		"contradictory settings are 2": {
			run:     untilStopped,
			options: []shutdowntest.Option{shutdowntest.Grace(time.Second), shutdowntest.Drain(time.Minute)},
			want:    shutdowntest.Status{Code: 2},
			text:    "2",
		},
		"a second Ctrl-C is SIGINT": {
			run: until(func(ctx context.Context) {
				shutdown.Finally(ctx, "slow", func(ctx context.Context) { <-ctx.Done() })
			}),
			options: []shutdowntest.Option{
				shutdowntest.Signal(time.Second, os.Interrupt),
				shutdowntest.Signal(2*time.Second, os.Interrupt),
			},
			want: shutdowntest.Status{Code: 130, Signal: os.Interrupt},
			text: "SIGINT",
		},
		"something stuck is 124": {
			run: func(ctx context.Context) error {
				select {}
			},
			options: []shutdowntest.Option{shutdowntest.Signal(time.Second, os.Interrupt)},
			want:    shutdowntest.Status{Code: 124},
			text:    "124",
		},
	} {
		t.Run(name, func(t *testing.T) {
			res := shutdowntest.Run(t, c.run, c.options...)
			if res.Status != c.want || res.Status.String() != c.text {
				t.Errorf("Status = %#v (%s), want %#v (%s)", res.Status, res.Status, c.want, c.text)
			}
		})
	}
}

func TestTimesAreExact(t *testing.T) {
	res := shutdowntest.Run(t, func(ctx context.Context) error {
		<-ctx.Done()
		time.Sleep(1500 * time.Millisecond)
		return nil
	},
		shutdowntest.Grace(20*time.Second),
		shutdowntest.Drain(5*time.Second),
		shutdowntest.Signal(time.Hour, syscall.SIGTERM))
	res.Clean()
	if got, want := res.Report.Took, 6500*time.Millisecond; got != want {
		t.Errorf("the stop took %v, want %v", got, want)
	}
	if got, want := res.Report.Grace, 20*time.Second; got != want {
		t.Errorf("Grace = %v, want %v", got, want)
	}
	last := res.Events[len(res.Events)-1]
	if last.Type != shutdown.EventState || last.State != shutdown.Stopped {
		t.Errorf("the last event is %v %v, want state stopped", last.Type, last.State)
	}
}

func TestAt_zeroIsBeforeRun(t *testing.T) {
	var registered bool
	res := shutdowntest.Run(t, func(ctx context.Context) error {
		registered = shutdown.FromContext(ctx).State() == shutdown.Stopping && ctx.Err() != nil
		return nil
	}, shutdowntest.At(0, func(m *shutdown.Manager) {
		m.Register("early", func(context.Context) error { return nil })
		m.Stop(nil)
	}))
	res.Clean()
	res.Order("run", "early")
	if !registered {
		t.Error("run was not started with its context cancelled, want it to be after Stop before run")
	}
}

func TestAt_seesTheProgramInTheMiddleOfItsStop(t *testing.T) {
	var ready, draining bool
	shutdowntest.Run(t, untilStopped,
		shutdowntest.Drain(4*time.Second),
		shutdowntest.At(time.Second, func(m *shutdown.Manager) { ready = m.Ready() }),
		shutdowntest.Signal(2*time.Second, syscall.SIGTERM),
		shutdowntest.At(3*time.Second, func(m *shutdown.Manager) { draining = m.State() == shutdown.Draining }),
		shutdowntest.At(time.Minute, func(*shutdown.Manager) { t.Error("a moment came after the stop, want it called off") }),
	).Clean()
	if !ready || !draining {
		t.Errorf("ready before the signal: %v, draining after it: %v, want true for both", ready, draining)
	}
}

func TestRun_usesTheBubbleOfItsCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		began := time.Now()
		res := shutdowntest.Run(t, func(context.Context) error { <-release; return nil },
			shutdowntest.Signal(time.Second, os.Interrupt))
		if got, want := time.Since(began), time.Second+shutdown.DefaultGrace; got > want {
			t.Errorf("Run took %v, want at most %v", got, want)
		}
		if got := len(res.Goroutines); got != 1 {
			t.Errorf("%d goroutines have outlived the stop, want 1: %q", got, res.Goroutines)
		}
		close(release)
	})
}

func TestRun_stopsAProgramThatNobodyStops(t *testing.T) {
	res, impatient := shutdowntest.Attempt(t, untilStopped)
	if !impatient {
		t.Error("Run has stopped a program by itself and would not have failed the test")
	}
	if got, want := res.Report.Took, time.Duration(0); got != want {
		t.Errorf("the stop took %v, want %v", got, want)
	}
}

func TestNilPanics(t *testing.T) {
	for name, call := range map[string]func(){
		"Run":    func() { shutdowntest.Run(t, nil) },
		"Signal": func() { shutdowntest.Signal(time.Second, nil) },
		"At":     func() { shutdowntest.At(time.Second, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if v, _ := recover().(string); !strings.Contains(v, name) || !strings.Contains(v, "nil") {
					t.Errorf("%s of nil panics with %q, want a text that says so", name, v)
				}
			}()
			call()
		})
	}
}
