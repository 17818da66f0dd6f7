package shutdown

import (
	"context"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed7e043c35/lastcall/internal/clock"
)

// An engine is a manager without the world around it: it runs what is on its lists,
// newest first, and knows who is being waited for. Signals, settings and the process
// are its manager's, and so is the decision to stop.
type engine struct {
	owner    any // the manager, for those who ask whose a context is; the engine does not know it
	director director

	// Read and written without the lock.
	clock  clock.Clock // of the stop
	parent atomic.Pointer[context.Context]
	turns  atomic.Bool // a scope has had a turn, or lies in one

	mu sync.Mutex

	// guarded by mu
	roll
	root       scope     // the outermost: its list is the manager's
	listed     int       // what is on that list and those of services
	live       int       // actors and scopes that are waited for and not over
	actorsOver bool      // actors, holds and scopes are not waited for any more
	anyCut     bool      // some part has been cut
	workOver   time.Time // when the time for work ended; zero before
	reminder   *time.Timer

	// made by init; the channels are closed under mu
	made      time.Time     // when that was
	abandoned chan struct{} // closed when actors and holds are left behind
	quiet     chan struct{} // closed when there are none any more
	done      chan struct{} // closed when Stopped is entered
	ctx, work *rootContext
	closing   *partContext            // of a resource that its owner closes: it does not end
	cancel    context.CancelCauseFunc // ends ctx
	endWork   context.CancelCauseFunc // ends work

	finder finder // of the stacks of what is stuck
	ledger ledger // what has happened
}

// A director decides about the stop: the manager whose engine it is.
type director interface {
	armFor(v verdict)           // because v may begin the stop; before any lock is taken
	request(r reason)           // asks for the stop
	requestLocked(r reason)     // the same with the lock held
	graceLocked() time.Duration // of a list that ends outside of a stop
	heard(sig os.Signal) bool   // takes sig, of which an actor says that it came, for that, if it is one to stop for
}

func (e *engine) init(owner any, decides director) {
	e.owner, e.director, e.made = owner, decides, time.Now()
	e.abandoned, e.quiet, e.done = make(chan struct{}), make(chan struct{}), make(chan struct{})
	e.ledger.clock, e.ledger.aborted = &e.clock, make(chan struct{})
	e.root.engine, e.root.outside = e, true
	e.root.list.pending = &e.listed
	h := &holder{engine: e, scope: &e.root}
	e.ctx, e.cancel = newRootContext(h, &e.parent)
	e.work, e.endWork = newRootContext(h, &e.parent)
	h.work = e.work
	e.closing = e.partContext(context.Background(), nil)
}

// locked calls fn, which must not block, with the lock held.
func (e *engine) locked(fn func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	fn()
}

// state returns the state, with or without the lock.
func (e *engine) state() State { return e.ledger.state() }

// stopCause returns why the manager's context was cancelled, or nil if it was
// not.
func (e *engine) stopCause() error {
	if e.state() < Stopping {
		return nil
	}
	return e.ledger.why().err
}

// isForced reports whether the stop has been forced, although it may not have got
// as far as Stopping.
func (e *engine) isForced() bool { return !e.clock.Budget().Forced.IsZero() }

// stage is read without the lock: a stop that has been asked for has begun,
// whether or not it could take the lock.
func (e *engine) stage() stage {
	switch s := e.state(); {
	case s == Draining:
		return isDraining
	case s >= Stopping || e.clock.Begun():
		return isStopping
	}
	return isRunning
}

// finalize runs everything that is on the manager's list.
func (e *engine) finalize() {
	z := &finalization{scope: &e.root, clock: &e.clock, values: e.ctx}
	z.run()
}

// quietLocked ends the actors' time early when nothing is left to wait for.
func (e *engine) quietLocked() {
	if e.state() == Stopping && e.live == 0 && e.holds.count == 0 && !e.actorsOver {
		e.actorsOver = true
		close(e.quiet)
	}
}

func (e *engine) pendingLocked() int { return e.live + e.holds.count + e.listed }

// cutCauseLocked is why work ends that is cut now.
func (e *engine) cutCauseLocked() error {
	if e.isForced() {
		return ErrForced
	}
	return ErrCut
}

// isWorkOverLocked reports whether the time for work ended while p ran.
func (e *engine) isWorkOverLocked(p *part) bool {
	return !e.workOver.IsZero() && p.began.Before(e.workOver)
}

// waitingLocked returns what is being waited for.
func (e *engine) waitingLocked() []waiting { return e.waiting(e.ledger.since(Stopping)) }

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
