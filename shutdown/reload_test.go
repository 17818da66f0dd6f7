package shutdown

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/seed7e043c35/lastcall/signals"
)

// reloading returns a manager that runs and whose Reload is reload, and the events
// of its reloads; in a bubble.
func reloading(reload func(context.Context) error) (m *Manager, heard *[]string, result <-chan error) {
	heard = new([]string)
	m, result = running(func(m *Manager) {
		m.Reload = reload
		m.Observe(func(e Event) {
			if e.Type == EventReloading || e.Type == EventReloaded {
				*heard = append(*heard, e.Type.String())
			}
		})
	})
	return m, heard, result
}

// However many signals come during a reload: there is one more, and no more.
func TestReloads_happenOneAtATimeAndOnceMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		goOn, at, most := make(chan struct{}), 0, 0
		m, heard, result := reloading(func(ctx context.Context) error {
			at++
			most = max(most, at)
			<-goOn
			at--
			return ctx.Err() // which is the manager's, and alive
		})
		m.reloader.hangup()
		synctest.Wait()
		for range 5 {
			m.reloader.hangup()
		}
		goOn <- struct{}{}
		synctest.Wait()
		goOn <- struct{}{}
		synctest.Wait()
		m.Stop(nil)
		if err := <-result; err != nil || most != 1 {
			t.Errorf("Run() = %v, with %d reloads at the same time", err, most)
		}
		want := []string{"reloading", "reloaded", "reloading", "reloaded"}
		if !slices.Equal(*heard, want) {
			t.Errorf("events = %q, want %q", *heard, want)
		}
	})
}

// An error of a reload is an event and no failure, and the next reload is as good
// as the first.
func TestReloadThatFails_isAnEventAndNoFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		errConfig := errors.New("config.yaml: no such file")
		m, heard, result := reloading(func(context.Context) error { return errConfig })
		for range 2 {
			m.reloader.hangup()
			synctest.Wait()
		}
		m.Stop(nil)
		if err := <-result; err != nil || m.Report().Status.Code != 0 || len(*heard) != 4 {
			t.Errorf("Run() = %v, status %v, events %q", err, m.Report().Status, *heard)
		}
	})
}

// One that runs when the stop begins is waited for as a hold is; what had been
// asked for meanwhile is not begun any more.
func TestReload_isAHoldOfTheStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		goOn, done := make(chan struct{}), false
		m, heard, result := reloading(func(context.Context) error { <-goOn; done = true; return nil })
		m.Register("finalizer", func(context.Context) error {
			if !done {
				t.Error("it runs before the reload has ended")
			}
			return nil
		})
		m.reloader.hangup()
		synctest.Wait()
		m.reloader.hangup()
		m.Stop(nil)
		synctest.Wait()
		m.reloader.hangup() // too late
		if waiting := m.Report().Waiting; len(waiting) != 1 || waiting[0].Name != reloadName {
			t.Errorf("waiting for %v", waiting)
		}
		close(goOn)
		if err := <-result; err != nil || len(*heard) != 2 {
			t.Errorf("Run() = %v, events %q", err, *heard)
		}
	})
}

// A SIGHUP that is said by a call asks for the same as one of the system's.
func TestSignal_SIGHUPReloads(t *testing.T) {
	if len(signals.Hangup()) == 0 {
		t.Skip("there is no SIGHUP on this system")
	}
	synctest.Test(t, func(t *testing.T) {
		reloads := 0
		m, _, result := reloading(func(context.Context) error { reloads++; return nil })
		m.Signal(signals.Hangup()[0])
		synctest.Wait()
		if reloads != 1 || m.State() != Running {
			t.Errorf("%d reloads, state %v", reloads, m.State())
		}
		m.Stop(nil)
		<-result
	})
}

func TestReload_togetherWithSIGHUPIsAContradiction(t *testing.T) {
	for _, sig := range signals.Hangup() {
		m := &Manager{Reload: func(context.Context) error { return nil }}
		m.Signals = append(m.Signals, sig)
		if err := m.Run(context.Background()); err == nil || ExitCode(err) != 2 {
			t.Errorf("Run() = %v, want that it is refused", err)
		}
	}
}
