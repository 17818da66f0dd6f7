package shutdown

import (
	"runtime"
	"sync"
	"time"

	"github.com/seed7e043c35/lastcall/internal/clock"
	"github.com/seed7e043c35/lastcall/internal/stacks"
)

// manyGoroutines is from how many goroutines on the stacks are looked for once a
// stop: with a hundred thousand it takes seconds.
const manyGoroutines = 10_000

// A finder finds where those are stuck that are being waited for, and keeps what it
// has found, in case the end leaves no time to look again. It has a lock of its
// own, and calls nobody with it.
type finder struct {
	mu   sync.Mutex
	last map[uint64]string // what was found last; nil before
	kept time.Time         // when keep began to look; zero before
}

// lookAgain is how soon keep looks again: in the last call one after the other is
// overtaken, and each look stops the world for those that are still to begin.
const lookAgain = 100 * time.Millisecond

// find returns the stacks of all, by the label of their goroutines.
func (f *finder) find(all []waiting) map[uint64]string {
	if last := f.found(); last != nil && runtime.NumGoroutine() > manyGoroutines {
		return last
	}
	wanted := make(map[uint64]bool)
	for _, w := range all {
		if w.id != 0 {
			wanted[w.id] = true
		}
	}
	found := stacks.Find(wanted)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last = found
	return found
}

// found returns what was found last; nil if nobody has looked.
func (f *finder) found() map[uint64]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.last
}

// keep looks for the stacks of all in a goroutine of its own, unless that has just
// been done.
func (f *finder) keep(all []waiting) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now := time.Now(); f.kept.IsZero() || now.Sub(f.kept) >= lookAgain {
		f.kept = now
		go f.find(all) // ends when the stacks have been found
	}
}

// inTime is find, or what that found the last time if it takes so long that the
// end is near.
func (f *finder) inTime(all []waiting, c *clock.Clock) map[uint64]string {
	if len(all) == 0 {
		return nil
	}
	found := make(chan map[uint64]string, 1) // buffered: nobody may be waiting any more
	done := make(chan struct{})
	go func() { // ends when the stacks have been found
		defer close(done)
		found <- f.find(all)
	}()
	until := clock.Budget.Queues
	if runtime.NumGoroutine() > manyGoroutines { // the log wants to say who is stuck even if it does not know where
		now := time.Now()
		half := c.Budget().Queues().Sub(now) / 2
		until = func(b clock.Budget) time.Time { return b.Queues().Add(-half) }
	}
	c.Await(done, until)
	select {
	case stacks := <-found:
		return stacks
	default:
		return f.found()
	}
}
