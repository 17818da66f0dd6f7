package shutdown

import (
	"context"
	"sync/atomic"
	"time"
)

// Observe lets fn hear every event, in order, in a goroutine of its own: those
// that are still in the queue and then whatever comes. A slow fn delays nobody;
// what the bounded queue could not keep for it is counted in an [EventMissed].
// A panic or Goexit in fn ends that one call. At the end of the stop fn has
// until G/100 before the end of the grace to catch up. Observe panics if fn is
// nil.
func (m *Manager) Observe(fn func(Event)) {
	if fn == nil {
		panic("shutdown: Observe: " + nilFunc)
	}
	m.lock()
	defer m.mu.Unlock()
	m.detail.Store(true)
	m.stream.listen(fn)
}

// emitLocked puts e, about c, in the queue of events.
func (m *Manager) emitLocked(e Event, c component) {
	e.Time = time.Now()
	e.State = m.state
	e.Component = Component{Kind: c.kind, Name: c.name}
	if !m.budget.began.IsZero() {
		e.Left = max(0, m.budget.end().Sub(e.Time))
	}
	m.stream.append(record{e, c.site})
}

// startedLocked says that c has started, if somebody wants to hear of that.
func (m *Manager) startedLocked(c component) {
	if m.detail.Load() {
		m.emitLocked(Event{Type: EventStarted}, c)
	}
}

// slow is how long something takes to end before that alone is worth an event.
const slow = time.Second

// recordLocked notes how something ended, and says so if it failed, was slow,
// or if somebody wants to hear of everything.
func (m *Manager) recordLocked(o outcome) {
	if m.state != Stopped {
		m.ledger.record(o)
	}
	if o.err != nil || o.took >= slow || m.detail.Load() {
		m.emitLocked(Event{Type: EventFinished, Took: o.took, Err: o.err}, o.component)
	}
}

// finishedLate notes how something ended that began after the stop.
func (m *Manager) finishedLate(c component, err error) {
	m.lock()
	defer m.mu.Unlock()
	if err != nil && err != errClosed && !m.exitsLocked(err) {
		m.recordLocked(outcome{component: c, began: time.Now(), err: failure(c, err, asFinalizerError)})
	}
}

// Draining returns a channel that is closed when the first cause arrives,
// whether or not a drain follows: for readiness, queue consumers and service
// discovery.
func (m *Manager) Draining() <-chan struct{} {
	m.lock()
	defer m.mu.Unlock()
	return m.draining
}

// Context returns the context that is cancelled, with the cause, when Stopping
// begins: for loops, listeners and whatever takes new work. It is not for work
// in flight; that is what [Manager.WorkContext] and [Work] are for.
func (m *Manager) Context() context.Context {
	m.lock()
	defer m.mu.Unlock()
	return m.ctx
}

// WorkContext returns the context of work in flight: requests, queries, child
// processes, flushing. It is cancelled when the time of actors and holds is
// used up with some still running, when the stop is forced, and when it is
// complete.
func (m *Manager) WorkContext() context.Context {
	m.lock()
	defer m.mu.Unlock()
	return m.work
}

// Done returns a channel that is closed when the stop is complete.
func (m *Manager) Done() <-chan struct{} {
	m.lock()
	defer m.mu.Unlock()
	return m.done
}

// State returns where the manager is in the course of its life.
func (m *Manager) State() State {
	m.lock()
	defer m.mu.Unlock()
	return m.state
}

// Ready reports whether the manager is Running: it has been started and not
// been asked to stop.
func (m *Manager) Ready() bool { return m.State() == Running }

func (m *Manager) holder() *holder {
	m.lock()
	defer m.mu.Unlock()
	return m.ctx.holder
}

// taskContext returns a context that lives as long as life, has the values of
// values, and belongs to m and to the scope s.
func (m *Manager) taskContext(life, values context.Context, s *scope) *taskContext {
	return &taskContext{life: life, values: values, holder: &holder{manager: m, scope: s, work: life}}
}

func newRootContext(h *holder, parent *atomic.Pointer[context.Context]) (*rootContext, context.CancelCauseFunc) {
	ctx, cancel := context.WithCancelCause(context.Background())
	return &rootContext{Context: ctx, holder: h, parent: parent}, cancel
}

func (m *Manager) startServices() {
	m.lock()
	defer m.mu.Unlock()
	for _, s := range m.services {
		m.startServiceLocked(s)
	}
	m.services = nil
}

// finalize runs everything that is on the manager's list.
func (m *Manager) finalize() {
	z := &finalization{
		manager: m, list: &m.list, values: m.ctx,
		budget: m.currentBudget,
		record: m.recordLocked,
	}
	z.run()
}
