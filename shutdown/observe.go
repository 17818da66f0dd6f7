package shutdown

import (
	"cmp"
	"slices"
)

// State returns where the manager is in the course of its life.
func (m *Manager) State() State { return m.state() }

// Ready reports whether the manager is Running: it has been started and not
// been asked to stop.
func (m *Manager) Ready() bool { return m.State() == Running }

// Done returns a channel that is closed when the stop is complete.
func (m *Manager) Done() <-chan struct{} {
	m.lock()
	defer m.mu.Unlock()
	return m.done
}

// Observe lets fn hear every event, in order, in a goroutine of its own: those
// that are still in the queue and then whatever comes, until stop is called. A
// slow fn delays nobody; what the bounded queue could not keep for it is
// counted in an [EventMissed]. A panic or Goexit in fn ends that one call. At
// the end of the stop fn has until G/100 before the end of the grace to catch
// up. Stop may be called more than once, and from fn; it does not wait for a
// call of fn that is going on. Observe panics if fn is nil.
func (m *Manager) Observe(fn func(Event)) (stop func()) {
	if fn == nil {
		panic("shutdown: Observe: " + nilFunc)
	}
	m.ledger.wantDetail()
	l := m.ledger.all.Listen(func(r record) {
		e, _, _ := r.heard()
		fn(e)
	}, missed)
	return func() { m.ledger.all.Stop(l) }
}

// Report returns what has happened so far. It may be called from any goroutine
// at any time.
func (m *Manager) Report() Report {
	r, waiting := m.report()
	var ended []outcome
	m.ledger.fill(&r, &ended)
	for _, o := range ended { // outside the locks, since looking up sites takes its time
		r.Outcomes = append(r.Outcomes, o.public(r.Began))
	}
	for _, w := range waiting[:min(waitingKept, len(waiting))] {
		r.Waiting = append(r.Waiting, Outcome{Component: w.public(), Began: w.began.Sub(r.Began), Took: w.took})
	}
	slices.SortStableFunc(r.Outcomes, func(a, b Outcome) int { return cmp.Compare(a.Began, b.Began) })
	slices.SortStableFunc(r.Waiting, func(a, b Outcome) int { return cmp.Compare(a.Began, b.Began) })
	return r
}

// report returns what of the report the manager knows.
func (m *Manager) report() (r Report, all []waiting) {
	b := m.clock.Budget()
	if b.Began.IsZero() {
		b.Grace = m.currentSettings().grace
	}
	m.lock()
	defer m.mu.Unlock()
	r = Report{
		State:   m.state(),
		Cause:   m.ledger.why().err,
		Began:   b.Began,
		Grace:   b.Grace,
		Paused:  b.Paused,
		Pending: m.pendingLocked(),
	}
	switch {
	case r.State == Idle:
		all = m.queuedLocked()
	case r.State >= Stopping && r.State < Stopped:
		all = m.waitingLocked()
	}
	return r, all
}

// queuedLocked returns what waits for Run, newest first, but not more than a report
// tells of.
func (m *Manager) queuedLocked() (all []waiting) {
	for _, a := range slices.Backward(m.queued) {
		if len(all) < waitingKept {
			all = append(all, waiting{component: a.component})
		}
	}
	for f := m.root.list.newest; f != nil && len(all) < waitingKept; f = f.older {
		all = append(all, waiting{component: f.component()})
	}
	return all
}
