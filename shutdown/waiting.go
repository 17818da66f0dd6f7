package shutdown

import (
	"time"

	"github.com/seed7e043c35/lastcall/internal/clock"
)

// firstReminder is when, at the latest, it is first said who is being waited for.
const firstReminder = 30 * time.Second

// remind says who is still being waited for after a third of the grace, or half a
// minute if that is less, and then at intervals twice as long each; the last
// time with stacks, in case the supervisor kills us first.
func (e *engine) remind() {
	grace := e.clock.Budget().Grace
	for after := min(grace/3, firstReminder); after > 0 && after < grace; after *= 2 {
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

// stuckLocked records that w is stuck.
func (e *engine) stuckLocked(w waiting, found map[uint64]string, decides bool) error {
	o := outcome{component: w.component, began: w.began, took: time.Since(w.began), aside: !decides}
	o.fail(w.error(found), stuckStatus)
	if !e.name(w) {
		e.ledger.emit(Event{Type: EventStuck, Took: o.took, Err: o.err}, o.component)
	}
	e.ledger.note(o)
	return o.err
}

// stillRunning returns an error for each of the parts of a scope that go on
// although its time is up, for whoever called Scope. While a stop lasts, that
// will say itself which of them are stuck.
func (e *engine) stillRunning(parts []*part) (errs []error) {
	e.mu.Lock()
	var all []waiting
	for _, p := range parts {
		if !p.over && len(all) < named {
			all = append(all, newWaiting(p, time.Time{}, time.Now()))
		}
	}
	inStop := e.state() >= Stopping && e.state() < Stopped
	e.mu.Unlock()
	if len(all) == 0 {
		return nil
	}
	found := e.finder.find(all)
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, w := range all {
		if inStop {
			errs = append(errs, w.error(found))
		} else {
			errs = append(errs, e.stuckLocked(w, found, false))
			w.part.leaveCrowdLocked() // it has been told of: to a stop that comes later it is nothing new
		}
	}
	return errs
}

// waitingLocked returns what is being waited for.
func (e *engine) waitingLocked() []waiting { return e.waiting(e.ledger.since(Stopping)) }
