package shutdown

import "time"

// cutWork ends the time for work, and says whom that cuts.
func (e *engine) cutWork(cause error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.cutWorkLocked(cause)
}

func (e *engine) cutWorkLocked(cause error) {
	if !e.workOver.IsZero() {
		return
	}
	e.workOver = time.Now()
	for _, w := range e.waitingLocked() {
		if w.kind == KindActor || w.kind == KindHold || w.kind == KindScope {
			e.ledger.emit(Event{Type: EventCut, Took: w.took, Err: cause}, w.component)
		}
	}
	e.endWork(cause)
}

// cutServicesLocked notes that services which have been told to stop, and go on, have
// no more time: whatever they do at this very instant.
func (e *engine) cutServicesLocked() {
	for p := e.running.first; p != nil; p = p.next {
		if p.kind == KindService {
			p.cut, e.anyCut = true, true
		}
	}
}

// leaveBehind stops waiting for actors and holds, and says for whom.
func (e *engine) leaveBehind() {
	e.mu.Lock()
	defer e.mu.Unlock()
	closeOnce(e.abandoned)
	e.actorsOver = true
	if stuck := e.waitingLocked(); len(stuck) > 0 {
		go e.say(EventStuck, stuck) // ends when their stacks have been found
	}
}
