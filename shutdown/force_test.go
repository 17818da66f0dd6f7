package shutdown

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oklog/run"
	"github.com/rs/zerolog"
	"github.com/seed7e043c35/lastcall/signals"
)

// Who presses Ctrl-C twice while the first press could not have its effect yet,
// because the manager is busy, has forced the stop: whichever of the two is
// carried out first, and also where the stop began with a drain.
func TestSecondCtrlC_beforeTheFirstCouldHaveItsEffect(t *testing.T) {
	for name, first := range map[string]os.Signal{"Ctrl-C": os.Interrupt, "SIGTERM, for which there is a drain": syscall.SIGTERM} {
		for order, inOrder := range map[string]bool{"in order": true, "the second before the first": false} {
			t.Run(name+" and Ctrl-C, "+order, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					m := &Manager{Drain: 4 * time.Second, Signals: []os.Signal{}, Logger: new(zerolog.Logger)}
					block := make(chan struct{})
					defer close(block)
					m.Go("stubborn", func(context.Context) error { <-block; return nil })
					result := make(chan error)
					go func() { result <- m.Run(context.Background()) }()
					synctest.Wait()

					m.lock()
					began, _ := m.received(first)
					time.Sleep(600 * time.Millisecond)
					forced, _ := m.received(os.Interrupt)
					m.mu.Unlock()
					if inOrder {
						began()
						forced()
					} else {
						forced()
						began()
					}
					pressed := time.Now()
					if err := <-result; !errors.Is(err, ErrForced) {
						t.Errorf("Run() = %v, want ErrForced", err)
					}
					if took := time.Since(pressed); took > forcedWait {
						t.Errorf("Run returned %v after the second press", took)
					}
					if r := m.Report(); !r.Forced || r.Status.Code != 130 {
						t.Errorf("forced %v, status %v", r.Forced, r.Status)
					}
				})
			})
		}
	}
}

// However many reloads a storm of SIGHUP asks for while the manager is busy: a SIGTERM
// behind them is not lost.
func TestReceive_dropsNoBeginningForAStorm(t *testing.T) {
	received, acts, quit := make(chan os.Signal), make(chan func(), 16), make(chan struct{})
	done, begun := make(chan struct{}), false
	act := func(sig os.Signal) (func(), bool) {
		if sig == os.Kill { // stands for one that only asks for a reload
			return func() {}, false
		}
		return func() { begun = true }, true
	}
	go func() { defer close(done); receive(received, act, acts, quit) }()
	for range 100 {
		received <- os.Kill
	}
	received <- os.Interrupt
	close(quit)
	<-done
	for act := range acts {
		act()
	}
	if !begun {
		t.Error("the signal that begins the stop was dropped")
	}
}

// forcedWait is what a forced stop takes at most, with the default grace: its last
// call and the listeners' time.
const forcedWait = 300 * time.Millisecond

// A failure that nobody can name any more is counted.
func TestStop_countsTheFailuresThatItCannotKeep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &Manager{Signals: []os.Signal{}, Logger: new(zerolog.Logger)}
		m.Go("actor", func(ctx context.Context) error {
			for range failuresKept + 25 {
				m.Stop(errors.New("one more"))
			}
			<-ctx.Done()
			return nil
		})
		err := m.Run(context.Background())
		all := partsOf(err)
		if got, want := all[len(all)-1].Error(), "shutdown: and 24 more failures"; got != want {
			t.Errorf("the last of %d says %q, want %q", len(all), got, want)
		}
	})
}

// The manager has heard the signal, and has not been able to act yet, when oklog/run's
// SignalHandler says the same: the cause is the signal, and not that an actor has
// returned.
func TestSignalHandlersWord_comesWhenTheSignalWasHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &Manager{Signals: []os.Signal{}, Logger: new(zerolog.Logger)}
		told := make(chan struct{})
		m.Add("signals", func() error { <-told; return &run.SignalError{Signal: syscall.SIGTERM} }, func(error) {})
		result := make(chan error)
		go func() { result <- m.Run(context.Background()) }()
		synctest.Wait()
		m.locked(func() { m.set.signals = []os.Signal{syscall.SIGTERM} })
		act, _ := m.received(syscall.SIGTERM)
		close(told)
		synctest.Wait()
		act()
		if err := <-result; err != nil {
			t.Errorf("Run() = %v", err)
		}
		if _, ok := m.Report().Cause.(*signals.Error); !ok {
			t.Errorf("cause = %v", m.Report().Cause)
		}
	})
}
