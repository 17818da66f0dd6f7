package shutdown

import (
	"context"
	"testing"
	"testing/synctest"
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
					m.mu.Lock()
					m.forceLocked()
					m.mu.Unlock()
				}
				<-result
				if len(goroutines) != 1 {
					t.Errorf("%d goroutines for 1000 finalizers", len(goroutines))
				}
			})
		})
	}
}
