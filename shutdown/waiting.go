package shutdown

import (
	"time"

	"github.com/seed7e043c35/lastcall/internal/clock"
)

// firstReminderAtMost is when, at the latest, it is first said who is being waited for.
const firstReminderAtMost = 30 * time.Second

func (e *engine) firstReminder() time.Duration {
	return min(e.clock.Budget().Grace/3, firstReminderAtMost)
}

// remind says who is still being waited for after a third of the grace, or half a
// minute if that is less, and then at intervals twice as long each; the last
// time with stacks, in case the supervisor kills us first. It is called at the first
// of these times: most stops are over before.
func (e *engine) remind() {
	grace := e.clock.Budget().Grace
	for after := e.firstReminder(); after > 0 && after < grace; after *= 2 {
		if e.clock.Await(e.done, func(b clock.Budget) time.Time { return b.At(after) }) {
			return
		}
		last := after >= grace/2
		e.remindOf(last)
	}
}

func (e *engine) remindOf(withStacks bool) {
	e.mu.Lock()
	if e.state() < Stopping || e.state() == Stopped {
		e.mu.Unlock()
		return
	}
	all := e.waitingLocked()
	if !withStacks {
		for _, w := range all {
			e.ledger.emit(Event{Type: EventWaiting, Took: w.took}, w.component)
		}
	}
	e.mu.Unlock()
	if withStacks {
		e.say(EventWaiting, all)
	}
}

// say emits an event for each of all with the stacks of its goroutines.
func (e *engine) say(what EventType, all []waiting) {
	if len(all) == 0 {
		return
	}
	found := e.finder.find(all)
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.state() == Stopped {
		return // the end has said it already
	}
	for _, w := range all {
		if !e.isWaitedFor(w) {
			continue // it has returned meanwhile
		}
		if what == EventStuck {
			e.name(w)
		}
		w.took, w.age = time.Since(w.began), w.age+time.Since(w.began)-w.took
		e.ledger.emit(Event{Type: what, Took: w.took, Err: w.error(found)}, w.component)
	}
}

// conclude records what is still running at the end, and calls over with the lock
// held.
func (e *engine) conclude(over func()) {
	e.mu.Lock()
	all := e.waitingLocked()
	e.mu.Unlock()
	found := e.finder.inTime(all, &e.clock)
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, w := range all { // without those that have returned meanwhile
		if e.isWaitedFor(w) {
			e.stuckLocked(w, found, true)
		}
	}
	if more := e.crowded() - named; more > 0 {
		e.ledger.addMore(more)
		e.ledger.worst.Raise(stuckStatus)
	}
	over()
}
