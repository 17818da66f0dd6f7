package shutdown

import (
	"context"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/rs/zerolog"
)

// Stops that are forced in the middle of thousands of finalizers, some of which
// their owners take away at the same time: each is run or unregistered, and none
// both.
func TestForcedStops_loseNothingAndRunNothingTwice(t *testing.T) {
	const finalizers, stops = 3000, 20
	for range stops {
		silent := zerolog.Nop()
		m, result := &Manager{Signals: []os.Signal{}, Logger: &silent}, make(chan error, 1)
		var runs [finalizers]atomic.Int32
		var all []*Finalizer
		middle := make(chan struct{})
		at := rand.IntN(finalizers)
		for i := range finalizers {
			all = append(all, m.Register("f", func(context.Context) error {
				if runs[i].Add(1); i == at {
					close(middle)
				}
				return nil
			}))
		}
		m.Stop(nil)
		go func() { result <- m.Run(context.Background()) }()
		<-middle
		var taken sync.WaitGroup
		taken.Go(func() {
			for i := 0; i < at; i += 7 {
				if all[i].Unregister() {
					runs[i].Add(1)
				}
			}
		})
		m.force()
		taken.Wait()
		<-result
		for i := range runs {
			if n := runs[i].Load(); n != 1 {
				t.Errorf("finalizer %d of %d, forced at %d: run or unregistered %d times", i, finalizers, at, n)
			}
		}
	}
}
