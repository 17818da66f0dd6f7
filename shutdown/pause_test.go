package shutdown

import (
	"context"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
)

// pause makes m believe that the process has not been running for d, by making
// it older by that.
func (m *Manager) pause(d time.Duration) {
	m.lock()
	defer m.mu.Unlock()
	m.lastBeat = m.lastBeat.Add(-d)
	m.budget.began = m.budget.began.Add(-d)
}

// stopping returns a manager with a grace of 10 s that has been asked to stop,
// and the result of its Run to come.
func stopping(prepare func(m *Manager)) (*Manager, <-chan error) {
	silent := zerolog.Nop()
	m := &Manager{Grace: 10 * time.Second, Signals: []os.Signal{}, Logger: &silent}
	prepare(m)
	result := make(chan error, 1)
	go func() { result <- m.Run(context.Background()) }()
	synctest.Wait()
	m.Stop(nil)
	synctest.Wait()
	return m, result
}

func TestPause_costsNothingOfTheGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var actor, finalizer time.Duration
		m, result := stopping(func(m *Manager) {
			m.Go("actor", func(ctx context.Context) error {
				<-Work(ctx).Done()
				actor = time.Since(began)
				return nil
			})
			m.Register("finalizer", func(ctx context.Context) error {
				<-ctx.Done()
				finalizer = time.Since(began)
				return nil
			})
		})
		time.Sleep(3 * time.Second)
		m.pause(time.Hour)
		<-result
		if want := 8 * time.Second; actor != want { // the hour is no time at all for the fake clock
			t.Errorf("the actor's time was up after %v, want %v", actor, want)
		}
		if want := 9500 * time.Millisecond; finalizer != want {
			t.Errorf("the finalizer's slot ended after %v, want %v", finalizer, want)
		}
		if got, want := m.Report().Paused, time.Hour; got != want {
			t.Errorf("Report().Paused = %v, want %v", got, want)
		}
	})
}

func TestPause_isNoticedByWhoeverLooksFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, result := stopping(func(m *Manager) {
			m.Go("actor", func(ctx context.Context) error { time.Sleep(5 * time.Second); return nil })
		})
		m.pause(time.Hour)
		if left := time.Until(m.currentBudget().end()); left != 10*time.Second-pulse {
			t.Errorf("%v left, want all but one beat", left)
		}
		if err := <-result; err != nil {
			t.Errorf("Run() = %v", err)
		}
	})
}

func TestDelays_areNoPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, result := stopping(func(m *Manager) {
			m.Go("actor", func(ctx context.Context) error { time.Sleep(5 * time.Second); return nil })
		})
		m.pause(missing - pulse - time.Nanosecond) // until the next beat
		<-result
		if got := m.Report().Paused; got != 0 {
			t.Errorf("Report().Paused = %v", got)
		}
	})
}
