package shutdown

import (
	"context"
	"runtime/pprof"
	"time"

	"github.com/oklog/run"
)

// An actor is over when its execute and its interrupt, if it has one, have
// both returned. That matters where an interrupt does the waiting: the Serve
// of an http.Server returns as soon as its Shutdown is called.
type actor struct {
	task
	execute   func() error
	interrupt func(error)     // nil for an actor that watches its context
	ctx       context.Context // the actor's, with its labels
	entry     bool            // it is Main's run

	started chan struct{} // closed when execute is about to be called
	over    chan struct{}

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
// failure ("http: Server closed"). Add may be called at any time: before Run
// the actor is queued, then it is started at once, and from Stopping on
// interrupted at once too. It panics if a function is nil.
func (m *Manager) Add(name string, execute func() error, interrupt func(error)) {
	must(execute != nil, "Add", name, "execute is nil")
	must(interrupt != nil, "Add", name, "interrupt is nil")
	m.add(&actor{task: task{component: component{KindActor, name, callSite()}}, execute: execute, interrupt: interrupt})
}

// Go adds an actor that watches its context: run is to return soon after ctx is
// cancelled, which is when Stopping begins. When run returns, for whatever
// reason, the stop begins.
//
// A run that returns context.Canceled or the cause once ctx was cancelled has
// not failed. For what is in flight it uses [Work], which outlives ctx.
// Go may be called at any time: before Run the actor is queued, then it is
// started at once, from Stopping on with a context that is cancelled already.
// It panics if run is nil.
func (m *Manager) Go(name string, run func(ctx context.Context) error) {
	must(run != nil, "Go", name, nilFunc)
	m.add(m.newActor(component{KindActor, name, callSite()}, run))
}

func (m *Manager) newActor(c component, run func(ctx context.Context) error) *actor {
	a := &actor{task: task{component: c}}
	a.execute = func() error { return run(a.ctx) }
	return a
}

func (m *Manager) add(a *actor) {
	a.id = newID()
	a.ctx = labelled(m.Context(), "actor "+a.name, a.id)
	a.started, a.over = make(chan struct{}), make(chan struct{})
	a.calls = 1
	if a.interrupt != nil {
		a.calls = 2
	}
	m.lock()
	switch {
	case m.state == Idle:
		m.queued = append(m.queued, a)
	case m.actorsOver:
		m.mu.Unlock()
		m.keep(a.component, func(ctx context.Context) error { return m.interruptedAtOnce(ctx, a) }, nil) // waited for in its turn, which is next
		return
	default:
		m.live++
		go m.execute(a) // ends when it returns
		if a.interrupt != nil {
			go m.interruptInTime(a) // ends after the interrupt
		}
	}
	m.mu.Unlock()
}

// startActors hands the actors to an oklog/run group and returns a channel that
// is closed when all of them are over, and all holds released, or when they
// are left behind.
//
// The group sees nothing that could block it: each execute that it is given
// can be abandoned, each interrupt returns at once. It runs until its signal
// actor returns, which is when Stopping begins.
func (m *Manager) startActors(parent context.Context) (over <-chan struct{}) {
	var group run.Group
	group.Add(m.signalActor())
	group.Add(m.parentActor(parent))
	for _, a := range m.queued {
		group.Add(m.groupActor(a))
	}
	group.Add(m.laterActor())

	done := make(chan struct{})
	go func() { // ends when actors are over or abandoned
		defer close(done)
		_ = group.Run() // the first actor's error: the manager keeps the cause itself
	}()
	return done
}

func ignore(error) {}

// signalActor returns when the stop has been asked for, by a signal or
// otherwise, and the drain is over.
func (m *Manager) signalActor() (execute func() error, interrupt func(error)) {
	return func() error {
		<-m.ctx.Done()
		return m.stopCause()
	}, ignore
}

// parentActor asks for the stop when the context given to Run ends.
func (m *Manager) parentActor(parent context.Context) (execute func() error, interrupt func(error)) {
	return func() error {
		select {
		case <-parent.Done():
			m.request(context.Cause(parent), true)
		case <-m.ctx.Done():
		}
		<-m.ctx.Done()
		return nil
	}, ignore
}

func (m *Manager) groupActor(a *actor) (execute func() error, interrupt func(error)) {
	execute = func() error {
		go m.execute(a) // ends when it returns
		select {
		case <-a.over:
		case <-m.abandoned:
		}
		<-m.ctx.Done() // an actor that returns nil while draining has merely finished
		return nil
	}
	if a.interrupt == nil {
		return execute, ignore
	}
	return execute, func(error) { go m.interruptNow(a) } // ends when it returns
}

// laterActor stands for the actors that were added since Run, and for the holds.
func (m *Manager) laterActor() (execute func() error, interrupt func(error)) {
	return func() error {
		select {
		case <-m.quiet:
		case <-m.abandoned:
		}
		return nil
	}, ignore
}

func (m *Manager) execute(a *actor) {
	yieldIfLate(a.ctx)
	pprof.SetGoroutineLabels(a.ctx)
	m.lock()
	m.runningLocked(&a.task)
	m.startedLocked(a.component)
	m.mu.Unlock()
	close(a.started)
	protect(a.execute, func(err error) { m.executed(a, err) })
}

// executed notes that a's execute has ended. Unless that is what it was asked
// for, it is a reason to stop.
func (m *Manager) executed(a *actor, err error) {
	told := m.cutShort(err) // foreign code, perhaps: before the lock
	m.lock()
	defer m.mu.Unlock()
	if a.interrupt != nil {
		told = a.interrupted && !crashed(err)
	}
	if err != nil && !told && !m.exitsLocked(err) {
		a.outcome.err = failure(a.component, err, asActorError)
	} else {
		a.outcome.returned = err
	}
	if a.entry {
		m.runCut = told && err != nil
	}
	switch {
	case a.outcome.err != nil:
		m.requestLocked(a.outcome.err, false)
	case m.state <= Draining:
		m.requestLocked(&ActorError{a.component.public(), nil}, true)
	}
	m.callOverLocked(a)
}

// crashed reports whether err stands for a panic or a Goexit.
func crashed(err error) bool {
	_, panicked := err.(*PanicError)
	return panicked || err == errGoexit
}

// cutShort reports whether err says nothing but that the manager's context was
// cancelled.
func (m *Manager) cutShort(err error) bool {
	cause := context.Cause(m.Context())
	return cause != nil && err != nil && !crashed(err) && only(err, func(err error) bool {
		is, ok := err.(interface{ Is(error) bool })
		return err == context.Canceled || ok && is.Is(context.Canceled) || same(err, cause)
	})
}

func (m *Manager) interruptInTime(a *actor) {
	<-m.ctx.Done()
	m.interruptNow(a)
}

func (m *Manager) interruptNow(a *actor) {
	pprof.SetGoroutineLabels(a.ctx)
	<-a.started // so that execute never sees its interrupt before its own beginning
	m.lock()
	a.interrupted = true
	cause := m.cause
	m.mu.Unlock()
	protect(
		func() error { a.interrupt(cause); return nil },
		func(err error) { m.interruptOver(a, err) },
	)
}

func (m *Manager) interruptOver(a *actor, err error) {
	m.lock()
	defer m.mu.Unlock()
	if err != nil && !m.exitsLocked(err) {
		err = failure(a.component, err, asActorError)
		if a.outcome.err == nil {
			a.outcome.err = err
		}
		m.requestLocked(err, false)
	}
	m.callOverLocked(a)
}

// callOverLocked notes that a's execute or its interrupt is over; with the
// other of the two, so is the actor.
func (m *Manager) callOverLocked(a *actor) {
	if a.calls--; a.calls > 0 {
		return
	}
	a.outcome.component = a.component
	a.outcome.began = time.Now()
	if m.state >= Stopping { // what counts is how long it took to stop
		a.outcome.began = later(a.since, m.ledger.entered[Stopping])
		a.outcome.took = time.Since(a.outcome.began)
	}
	m.overLocked(&a.task)
	m.recordLocked(a.outcome)
	m.live--
	close(a.over)
	m.quietLocked()
}

// quietLocked ends the actors' time early when nothing is left to wait for.
func (m *Manager) quietLocked() {
	if m.state == Stopping && m.live == 0 && m.holds.count == 0 && !m.actorsOver {
		m.actorsOver = true
		close(m.quiet)
	}
}

// interruptedAtOnce is the run of an actor that came too late to be waited for
// with the others.
func (m *Manager) interruptedAtOnce(ctx context.Context, a *actor) error {
	a.ctx = ctx
	if a.interrupt == nil {
		return a.execute()
	}
	result := make(chan error, 1)
	go func() { // ends when execute does
		protect(a.execute, func(err error) { result <- m.unlessExit(err) })
	}()
	a.interrupt(context.Cause(ctx))
	if err := <-result; crashed(err) {
		return err
	}
	return nil
}
