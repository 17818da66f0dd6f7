package shutdown

import (
	"context"
	"runtime/pprof"
	"time"

	"github.com/seed7e043c35/lastcall/internal/process"
	"github.com/seed7e043c35/lastcall/internal/stacks"
	"github.com/seed7e043c35/lastcall/signals"
)

// An actor is over when its execute and its interrupt, if it has one, have
// both returned. That matters where an interrupt does the waiting: the Serve
// of an http.Server returns as soon as its Shutdown is called.
type actor struct {
	part
	entry     bool // it is Main's run
	execute   func() error
	interrupt func(error)     // nil for an actor that watches its context
	ctx       context.Context // the actor's, with its labels
	started   chan struct{}   // closed when execute is about to be called

	// guarded by the engine's mu
	calls       int  // how many of execute and interrupt have not returned
	interrupted bool // told to stop: an error of execute is no failure from now on
	outcome     outcome
}

func (e *engine) newActor(c component) *actor {
	a := &actor{part: part{component: c, id: stacks.NewID()}, started: make(chan struct{}), calls: 1}
	a.ctx = &partContext{life: e.ctx, values: e.ctx, labels: stacks.Labelled(context.Background(), "actor "+a.name, a.id)}
	return a
}

// watching returns an actor that watches its context.
func (e *engine) watching(c component, run func(ctx context.Context) error) *actor {
	a := e.newActor(c)
	a.execute = func() error { return run(a.ctx) }
	return a
}

// interrupted returns an actor that is told to stop by its interrupt.
func (e *engine) interrupted(c component, execute func() error, interrupt func(error)) *actor {
	a := e.newActor(c)
	a.execute, a.interrupt, a.calls = execute, interrupt, 2
	return a
}

// startLocked starts an actor that comes when the manager runs.
func (e *engine) startLocked(a *actor) {
	if e.actorsOver {
		e.keepLateLocked(a)
		return
	}
	e.live++
	go e.execute(a) // ends when it returns
	if a.interrupt != nil {
		go e.interruptInTime(a) // ends after the interrupt
	}
}

func (e *engine) execute(a *actor) {
	yieldIfLate(a.ctx)
	pprof.SetGoroutineLabels(a.ctx)
	e.mu.Lock()
	a.began = time.Now()
	e.actors.add(&a.part)
	e.ledger.started(a.component)
	e.mu.Unlock()
	close(a.started)
	protect(a.execute, func(err error) {
		read(err, e.stopCause(), func() { e.returnedUnread(a) }, func(v verdict) { e.executed(a, v) })
	})
}

// returnedUnread begins the stop although it is not known yet what a brought.
func (e *engine) returnedUnread(a *actor) {
	e.director.request(unreadReturn(a.component))
}

// executed notes that a's execute has ended. Unless that is what it was asked
// for, it is a reason to stop.
func (e *engine) executed(a *actor, v verdict) {
	heard := v.signal != nil && e.director.heard(v.signal)
	if heard {
		v = verdict{} // what it asks for has been asked for, or is about to be
	} else {
		e.director.armFor(v)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.judgeLocked(a, v)
	switch {
	case a.outcome.err != nil:
		e.director.requestLocked(failing(a.outcome.err, v).by(a.entry))
	case e.state() <= Draining && !heard:
		e.director.requestLocked(wish(&ActorError{Component: a.public()}).by(a.entry))
	}
	e.callOverLocked(a)
}

// judgeLocked decides whether what a brought is a failure.
func (e *engine) judgeLocked(a *actor, v verdict) {
	o := &a.outcome
	switch cut := e.isWorkOverLocked(&a.part); {
	case v.exits():
	case v.err == nil, v.isFine(), a.interrupt != nil && a.interrupted && !v.crashed:
		o.returned, o.text = v.err, v.text
	case cut && v.timedOut && a.interrupt == nil:
		o.fail(cutError(a.component, v), failedStatus)
	case v.told && v.cancelled && a.interrupt == nil && !e.ledger.why().deadline:
		o.returned, o.text = v.err, v.text
		e.interruptedLocked(a)
	default:
		o.fail(failure(a.component, v, asActorError), v.status)
		if v.told && v.cancelled && e.ledger.why().deadline {
			e.ledger.isNoWish() // the work is half done
		}
	}
}

// interruptedLocked notes that a says that it was interrupted. If it is Main's run
// and a signal did it, the process should say the same.
func (e *engine) interruptedLocked(a *actor) {
	if sig, ok := e.ledger.why().err.(*signals.Error); ok && a.entry {
		e.ledger.worst.Raise(process.Status{Rank: process.Interrupted, Code: signals.Status(sig.Signal)})
	}
}

func (e *engine) interruptInTime(a *actor) {
	<-e.ctx.Done()
	e.interruptNow(a)
}

func (e *engine) interruptNow(a *actor) {
	<-a.started // so that execute never sees its interrupt before its own beginning
	pprof.SetGoroutineLabels(a.ctx)
	e.mu.Lock()
	a.interrupted = true
	cause := e.ledger.why().err
	e.mu.Unlock()
	protect(
		func() error { a.interrupt(cause); return nil },
		func(err error) { read(err, nil, func() {}, func(v verdict) { e.interruptOver(a, v) }) },
	)
}

func (e *engine) interruptOver(a *actor, v verdict) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if v.err != nil && !v.exits() {
		err := failure(a.component, v, asActorError)
		if a.outcome.err == nil {
			a.outcome.fail(err, v.status)
		}
		e.director.requestLocked(failing(err, v))
	}
	e.callOverLocked(a)
}

// callOverLocked notes that a's execute or its interrupt is over; with the
// other of the two, so is the actor.
func (e *engine) callOverLocked(a *actor) {
	if a.calls--; a.calls > 0 {
		return
	}
	o, now := &a.outcome, time.Now()
	o.component, o.began = a.component, now
	if e.state() >= Stopping { // what counts is how long it took to stop
		o.began = later(a.began, e.ledger.since(Stopping))
	}
	o.took = now.Sub(o.began)
	if a.interrupt != nil && o.err == nil && e.isWorkOverLocked(&a.part) {
		o.fail(cutError(a.component, verdict{err: o.returned, reading: reading{text: o.text}}), failedStatus) // it cannot say that it has finished
	}
	e.ledger.ended(*o)
	a.endLocked()
	e.live--
	e.quietLocked()
}

// keepLateLocked makes a service of an actor that came too late to be waited for
// with the others: it is waited for in its turn, which is next.
func (e *engine) keepLateLocked(a *actor) {
	s := e.newService(a.component, func(ctx context.Context) error { return e.interruptedAtOnce(ctx, a) }, nil)
	s.silent = a.interrupt != nil
	e.keepLocked(s)
}

// interruptedAtOnce is the run of an actor that came too late to be waited for
// with the others.
func (e *engine) interruptedAtOnce(ctx context.Context, a *actor) error {
	a.ctx = ctx
	if a.interrupt == nil {
		return a.execute()
	}
	begun, result := make(chan struct{}), make(chan verdict, 1)
	go func() { // ends when execute does
		close(begun)
		protect(a.execute, func(err error) {
			read(err, nil, func() {}, func(v verdict) { result <- v })
		})
	}()
	<-begun
	a.interrupt(context.Cause(ctx))
	if v := <-result; v.crashed && !v.exits() {
		return v.err
	}
	return nil
}
