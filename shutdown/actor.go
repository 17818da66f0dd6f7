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
	execute   func() error
	interrupt func(error)     // nil for an actor that watches its context
	ctx       context.Context // the actor's, with its labels
	started   chan struct{}   // closed when execute is about to be called

	// guarded by the manager's mu
	calls       int  // how many of execute and interrupt have not returned
	interrupted bool // told to stop: an error of execute is no failure from now on
	outcome     outcome
}

// Add adds an actor as oklog/run has them: execute runs until interrupt is
// called, or until it is done, which begins the stop. When the stop comes,
// interrupt is called once, with the cause, in a goroutine of its own, even if
// execute has returned, and both are waited for.
//
// What execute returns after interrupt was called is recorded but is no
// failure ("http: Server closed"); if it had to be waited for beyond the time
// for work, it has been cut. An execute that returns nothing but oklog/run's
// word for one of the manager's signals, as its SignalHandler does, is taken
// for that signal: it may stay in a program. Add may be called at any time:
// before Run the actor is queued, then it is started at once, and from Stopping
// on interrupted at once too. It panics if a function is nil.
func (m *Manager) Add(name string, execute func() error, interrupt func(error)) {
	must(execute != nil, "Add", name, "execute is nil")
	must(interrupt != nil, "Add", name, "interrupt is nil")
	m.add(&actor{part: part{component: component{KindActor, name, callSite()}}, execute: execute, interrupt: interrupt})
}

// Go adds an actor that watches its context: run is to return soon after ctx is
// cancelled, which is when Stopping begins. When run returns, for whatever
// reason, the stop begins.
//
// A run that returns context.Canceled or the cause once ctx was cancelled has
// not failed, unless the time for its work had ended by then: it has been cut.
// For what is in flight it uses [Work], which outlives ctx. Go may be called at
// any time: before Run the actor is queued, then it is started at once, from
// Stopping on with a context that is cancelled already. It panics if run is
// nil.
func (m *Manager) Go(name string, run func(ctx context.Context) error) {
	must(run != nil, "Go", name, nilFunc)
	m.add(newActor(component{KindActor, name, callSite()}, run))
}

func newActor(c component, run func(ctx context.Context) error) *actor {
	a := &actor{part: part{component: c}}
	a.execute = func() error { return run(a.ctx) }
	return a
}

func (m *Manager) add(a *actor) {
	a.id = stacks.NewID()
	a.started = make(chan struct{})
	a.calls = 1
	if a.interrupt != nil {
		a.calls = 2
	}
	labels := stacks.Labelled(context.Background(), "actor "+a.name, a.id)
	m.lock()
	defer m.mu.Unlock()
	a.ctx = &partContext{life: m.ctx, values: m.ctx, labels: labels}
	switch {
	case m.state() == Idle:
		m.queued = append(m.queued, a)
	case m.actorsOver:
		m.keepLateLocked(a)
	default:
		m.live++
		go m.execute(a) // ends when it returns
		if a.interrupt != nil {
			go m.interruptInTime(a) // ends after the interrupt
		}
	}
}

func (m *Manager) execute(a *actor) {
	yieldIfLate(a.ctx)
	pprof.SetGoroutineLabels(a.ctx)
	m.lock()
	a.began = time.Now()
	m.actors.add(&a.part)
	m.ledger.started(a.component)
	m.mu.Unlock()
	close(a.started)
	protect(a.execute, func(err error) {
		read(err, m.stopCause(), func() { m.returnedUnread(a) }, func(v verdict) { m.executed(a, v) })
	})
}

// returnedUnread begins the stop although it is not known yet what a brought.
func (m *Manager) returnedUnread(a *actor) {
	m.request(wish(&ActorError{Component: a.public()}))
}

// executed notes that a's execute has ended. Unless that is what it was asked
// for, it is a reason to stop.
func (m *Manager) executed(a *actor, v verdict) {
	m.armFor(v)
	if v.signal != nil && m.isOwnSignal(v.signal) {
		m.Signal(v.signal)
		v = verdict{}
	}
	m.lock()
	defer m.mu.Unlock()
	m.judgeLocked(a, v)
	switch {
	case a.outcome.err != nil:
		m.requestLocked(failing(a.outcome.err, v).by(a == m.entry))
	case m.state() <= Draining:
		m.requestLocked(wish(&ActorError{Component: a.public()}).by(a == m.entry))
	}
	m.callOverLocked(a)
}

// judgeLocked decides whether what a brought is a failure.
func (m *Manager) judgeLocked(a *actor, v verdict) {
	o := &a.outcome
	switch cut := m.isWorkOverLocked(&a.part); {
	case m.exits(v):
	case v.err == nil, v.isFine(), a.interrupt != nil && a.interrupted && !v.crashed:
		o.returned, o.text = v.err, v.text
	case cut && v.timedOut && a.interrupt == nil:
		o.fail(cutError(a.component, v), failedStatus)
	case v.told && v.cancelled && a.interrupt == nil && !m.ledger.why().deadline:
		o.returned, o.text = v.err, v.text
		m.interruptedLocked(a)
	default:
		o.fail(failure(a.component, v, asActorError), v.status)
		if v.told && v.cancelled && m.ledger.why().deadline {
			m.ledger.isNoWish() // the work is half done
		}
	}
}

// interruptedLocked notes that a says that it was interrupted. If it is Main's run
// and a signal did it, the process should say the same.
func (m *Manager) interruptedLocked(a *actor) {
	if sig, ok := m.ledger.why().err.(*signals.Error); ok && a == m.entry {
		m.ledger.worst.Raise(process.Status{Rank: process.Interrupted, Code: signals.Status(sig.Signal)})
	}
}

func (m *Manager) interruptInTime(a *actor) {
	<-m.ctx.Done()
	m.interruptNow(a)
}

func (m *Manager) interruptNow(a *actor) {
	<-a.started // so that execute never sees its interrupt before its own beginning
	pprof.SetGoroutineLabels(a.ctx)
	m.lock()
	a.interrupted = true
	cause := m.ledger.why().err
	m.mu.Unlock()
	protect(
		func() error { a.interrupt(cause); return nil },
		func(err error) { read(err, nil, func() {}, func(v verdict) { m.interruptOver(a, v) }) },
	)
}

func (m *Manager) interruptOver(a *actor, v verdict) {
	m.lock()
	defer m.mu.Unlock()
	if v.err != nil && !m.exits(v) {
		err := failure(a.component, v, asActorError)
		if a.outcome.err == nil {
			a.outcome.fail(err, v.status)
		}
		m.requestLocked(failing(err, v))
	}
	m.callOverLocked(a)
}

// callOverLocked notes that a's execute or its interrupt is over; with the
// other of the two, so is the actor.
func (m *Manager) callOverLocked(a *actor) {
	if a.calls--; a.calls > 0 {
		return
	}
	o, now := &a.outcome, time.Now()
	o.component, o.began = a.component, now
	if m.state() >= Stopping { // what counts is how long it took to stop
		o.began = later(a.began, m.ledger.since(Stopping))
	}
	o.took = now.Sub(o.began)
	if a.interrupt != nil && o.err == nil && m.isWorkOverLocked(&a.part) {
		o.fail(cutError(a.component, verdict{err: o.returned, text: o.text}), failedStatus) // it cannot say that it has finished
	}
	m.ledger.ended(*o)
	a.endLocked()
	m.live--
	m.quietLocked()
}

// quietLocked ends the actors' time early when nothing is left to wait for.
func (m *Manager) quietLocked() {
	if m.state() == Stopping && m.live == 0 && m.holds.count == 0 && !m.actorsOver {
		m.actorsOver = true
		close(m.quiet)
	}
}

// keepLateLocked makes a service of an actor that came too late to be waited for
// with the others: it is waited for in its turn, which is next.
func (m *Manager) keepLateLocked(a *actor) {
	s := m.newService(a.component, func(ctx context.Context) error { return m.interruptedAtOnce(ctx, a) })
	s.silent = a.interrupt != nil
	m.keepLocked(s)
}

// interruptedAtOnce is the run of an actor that came too late to be waited for
// with the others.
func (m *Manager) interruptedAtOnce(ctx context.Context, a *actor) error {
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
	if v := <-result; v.crashed && !m.exits(v) {
		return v.err
	}
	return nil
}
