package shutdown

import (
	"bytes"
	"cmp"
	"context"
	"runtime"
	"slices"
	"strconv"
	"time"
)

// A task is something that is running now: an actor, a runner's finalizer, a
// service whose turn has come. The tasks that are left at the end are stuck.
type task struct {
	component
	id    uint64    // the label of its goroutines; 0 if they are not the manager's
	since time.Time // when it began to end, or to run if that was during the stop
	named bool      // an event has said already that it is stuck
}

// An activity is a task that can be waited for.
type activity struct {
	task
	err       error  // its result; valid once done is closed
	goroutine uint64 // that runs it, if a finalizer's Run does; immutable

	// guarded by the manager's mu
	over bool
	done chan struct{} // closed when it is over; nil until somebody waits
}

// awaitedLocked makes a ready to be waited for.
func (a *activity) awaitedLocked() {
	if a.done == nil {
		a.done = make(chan struct{})
		if a.over {
			close(a.done)
		}
	}
}

// endLocked says that a is over.
func (a *activity) endLocked() {
	a.over = true
	if a.done != nil {
		close(a.done)
	}
}

// await waits for a's result until ctx ends.
func (a *activity) await(ctx context.Context) error {
	select {
	case <-a.done:
		return a.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (m *Manager) runningLocked(t *task) {
	t.since = time.Now()
	m.tasks[t] = struct{}{}
}

func (m *Manager) overLocked(t *task) { delete(m.tasks, t) }

// stuckLocked returns what is running now, holds included, by kind and in the
// order in which it was started.
func (m *Manager) stuckLocked() []*task {
	var stuck []*task
	for t := range m.tasks {
		if t.kind != KindNone { // a runner that waits for something else
			stuck = append(stuck, t)
		}
	}
	slices.SortFunc(stuck, func(a, b *task) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.id, b.id))
	})
	return append(stuck, m.holds.tasks()...)
}

// await waits for done until the deadline, or until cut is closed, and reports
// whether done was closed. When both happen at the same instant, done wins.
func await(done <-chan struct{}, deadline time.Time, cut <-chan struct{}) bool {
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
	case <-cut:
	}
	return closedNow(done)
}

// closedNow reports whether done is closed, or is being closed at this instant:
// whoever obeys a deadline is let through before the door is shut. It yields to
// others for a millisecond at most; where time is fake, and stands still
// meanwhile, often enough for everybody to have had their turn.
func closedNow(done <-chan struct{}) bool {
	began := time.Now()
	for range 1 << 14 {
		if isClosed(done) || time.Since(began) > time.Millisecond {
			break
		}
		runtime.Gosched()
	}
	return isClosed(done)
}

// yieldIfLate lets others go first if ctx, of something that is being started,
// has ended. Something that starts another of its kind and returns, for ever,
// would otherwise keep the only processor from the stop: a goroutine that is
// started by one that ends comes before all that are waiting for their turn.
func yieldIfLate(ctx context.Context) {
	if ctx.Err() != nil {
		runtime.Gosched()
	}
}

// goroutineID returns the number of the calling goroutine, as stack traces
// show it. It serves only to tell a call from inside from one from outside.
func goroutineID() uint64 {
	var buf [64]byte
	text := bytes.TrimPrefix(buf[:runtime.Stack(buf[:], false)], []byte("goroutine "))
	number, _, _ := bytes.Cut(text, []byte(" "))
	id, _ := strconv.ParseUint(string(number), 10, 64)
	return id
}
