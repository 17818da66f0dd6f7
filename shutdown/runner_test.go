package shutdown

import (
	"context"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
)

// A hundred thousand finalizers behind one that is stuck have only the last
// call to be started in. A goroutine for each would take too long.
func TestLastCall_takesOneGoroutineForAllThatReturnAtOnce(t *testing.T) {
	for name, force := range map[string]bool{"at its time": false, "forced": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				goroutines := make(map[uint64]int)
				block := make(chan struct{})
				defer close(block)
				m, result := stopping(func(m *Manager) {
					for range 1000 {
						m.Register("quick", func(context.Context) error { goroutines[goroutineID()]++; return nil })
					}
					m.Register("stuck", func(context.Context) error { <-block; return nil })
				})
				if force {
					m.force()
				}
				<-result
				if len(goroutines) > 2 {
					t.Errorf("%d goroutines for 1000 finalizers, want one for all, and one for the oldest", len(goroutines))
				}
			})
		})
	}
}

// stopping returns a manager with a grace of 10 s that has been asked to stop,
// and the result of its Run to come.
func stopping(prepare func(m *Manager)) (*Manager, <-chan error) {
	m, result := running(prepare)
	m.Stop(nil)
	synctest.Wait()
	return m, result
}

// running is the same before it has been asked to stop.
func running(prepare func(m *Manager)) (*Manager, <-chan error) {
	silent := zerolog.Nop()
	m := &Manager{Grace: 10 * time.Second, Signals: []os.Signal{}, Logger: &silent}
	prepare(m)
	result := make(chan error, 1)
	go func() { result <- m.Run(context.Background()) }()
	synctest.Wait()
	return m, result
}
