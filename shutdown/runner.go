package shutdown

import (
	"context"
	"errors"
	"net"
	"runtime"
	"runtime/pprof"
	"sync/atomic"
	"time"

	"github.com/seed7e043c35/lastcall/internal/stacks"
)

// A runner is a goroutine that runs finalizers of one finalization, one after
// the other and all in the same slot. The stop of a hundred thousand of them
// costs one goroutine and one context, in the last call a few more.
type runner struct {
	part // what it is running
	turn *turn

	holder holder // of what it runs
	ctx    partContext
	end    context.CancelFunc // ends ctx
	labels context.Context    // of its goroutine

	begun   atomic.Bool   // what it has taken is being called, or was given back
	started chan struct{} // if not nil: closed when it has begun to call something

	finalizer *Finalizer // what it is running; guarded by the engine's mu
}

var (
	// errClosed says that a resource had been closed already.
	errClosed = errors.New("closed by its owner")

	// errGivenBack says that a finalizer was not called.
	errGivenBack = errors.New("given back")
)

func newRunner(t *turn) *runner {
	r := &runner{part: part{id: stacks.NewID(), inside: &t.scope.part}, turn: t}
	if !t.slot.Waited {
		r.started = make(chan struct{})
	}
	return r
}

// start makes what r needs and lets it run. If nobody waits for what it runs, it
// returns when that has begun: the next must not begin before.
func (r *runner) start() {
	life, end := context.WithCancel(context.Background())
	r.holder.engine, r.holder.scope, r.holder.part, r.holder.work = r.turn.engine(), r.turn.scope, &r.part, &r.ctx
	r.holder.turn.Store(r.turn)
	r.labels = stacks.Labelled(context.Background(), "finalizers", r.id)
	r.ctx = partContext{life: life, values: r.turn.values, holder: &r.holder, labels: r.labels, deadline: r.turn.slot.End}
	r.end = end
	go r.run() // ends with the finalizer that it is running when it is overtaken
	if r.started != nil {
		<-r.started
		runtime.Gosched() // it is about to make the call: let it
	}
}

func (r *runner) run() {
	exiting := true
	defer func() {
		if exiting { // a finalizer left by Goexit; the next needs a goroutine that lives
			go r.run()
		}
	}()
	call, returned := r.call, r.returned // bound once, not for each of a hundred thousand
	for r.finalizer != nil {
		pprof.SetGoroutineLabels(r.labels) // again each time: a finalizer may have changed them
		protect(call, returned)
	}
	exiting = false
	r.end()
}

// call runs r's finalizer, unless that has been given back.
func (r *runner) call() error {
	if !r.begun.CompareAndSwap(false, true) {
		return errGivenBack
	}
	e := r.turn.engine()
	if r.turn.scope == &e.root && e.ledger.wantsDetail() {
		e.ledger.emit(Event{Type: EventStarted}, r.component)
	}
	if r.started != nil {
		closeOnce(r.started) // as late as can be
	}
	return r.finalizer.call(&r.ctx)
}

// returned reads what r's finalizer brought.
func (r *runner) returned(err error) {
	switch {
	case isClosedListener(err):
		r.next(verdict{})
	case err == nil, err == errClosed, err == errGivenBack:
		r.next(verdict{err: err})
	default:
		judge(err, nil, r.next)
	}
}

// isClosedListener reports whether err says that a connection or listener was to be
// closed that had been: as one is by the server that it was given to. There is
// nothing left to do, and nothing was lost.
func isClosedListener(err error) bool {
	op, ok := err.(*net.OpError)
	return ok && op != nil && op.Op == "close" && op.Err == net.ErrClosed
}

// next notes how r's finalizer ended and takes another one, if that would have
// the same slot.
func (r *runner) next(v verdict) {
	e := r.turn.engine()
	if _, panicked := v.err.(*PanicError); panicked { // of a scope's finalizer: that begins the stop
		e.director.armFor(v)
	}
	now := time.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	l := &r.turn.scope.list
	if v.err != nil || l.pending != nil { // otherwise there is nothing to note
		r.recordLocked(now, &v)
	}
	r.finalizer = nil
	if l.newest != nil && !r.overtaken && r.turn.isSharedLocked(now) { // if overtaken, it is too early to look: that opens a scope whose turn it is
		r.told = now
		r.tellLocked(nil)
		return
	}
	r.component = component{}
	if r.started != nil {
		closeOnce(r.started)
	}
	r.holder.turn.Store(nil)
	r.endLocked()
}

// recordLocked notes how r's finalizer ended. It is a function of its own, as is
// isSharedLocked, and not called for nothing: each needs more of the stack than a new
// goroutine has, and a stack that grows costs as much as the rest.
func (r *runner) recordLocked(now time.Time, v *verdict) {
	if v.err != errGivenBack {
		r.turn.scope.recordLocked(outcome{component: r.component, began: r.told, took: now.Sub(r.told), leaked: r.finalizer.reported}, *v)
	}
}

// isSharedLocked reports whether what is newest on the list now is simply called and
// may begin in the slot of t.
func (t *turn) isSharedLocked(now time.Time) bool {
	f := t.newestLocked()
	return f != nil && f.isSimpleLocked() && t.slot.Shares(t.clock.BudgetAt(now), now, f.older == nil)
}

// isSimpleLocked reports whether f is simply called, in a slot like any other.
func (f *Finalizer) isSimpleLocked() bool {
	group, _ := groupLocked(f)
	return group == nil && f.within == 0
}

func (r *runner) self() *part { return &r.part }

// tellLocked takes the newest off the list, to run it next.
func (r *runner) tellLocked(*turn) {
	r.finalizer = r.turn.scope.list.take()
	r.component = r.finalizer.component()
	r.began = r.told
	r.round++
	r.begun.Store(false)
	if r.crowd == nil && !r.turn.scope.late {
		r.turn.engine().running.add(&r.part)
	}
}

func (r *runner) cutLocked() { r.end() }

// overtakenLocked tells r to stop after the finalizer that it is running. What
// it has taken and not begun goes back to the place that it had: the next runner
// begins it before anything older.
func (r *runner) overtakenLocked() (on bool) {
	r.overtaken = true
	return !r.giveBackLocked()
}

// giveBackLocked gives back what r has taken and not begun, and reports whether
// there was such a thing.
func (r *runner) giveBackLocked() bool {
	if r.over || r.finalizer == nil || !r.begun.CompareAndSwap(false, true) {
		return false
	}
	r.turn.scope.list.giveBack(r.finalizer)
	return true
}
