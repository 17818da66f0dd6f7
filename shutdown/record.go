package shutdown

import (
	"time"

	"github.com/seed7e043c35/lastcall/internal/clock"
)

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

// emit puts e, about c, in the queue of events.
func (m *Manager) emit(e Event, c component) {
	e.Time = time.Now()
	e.State = m.state()
	e.Component = Component{Kind: c.kind, Name: c.name}
	if b := m.clock.Budget(); !b.Began.IsZero() {
		e.Left = max(0, b.End().Sub(e.Time))
	}
	m.ledger.say(record{Event: e, site: c.site})
}

// emitLocked is emit of an event that may be about the stop itself.
func (m *Manager) emitLocked(e Event, c component) {
	if e.Type != EventState && e.Type != EventCause {
		m.emit(e, c)
		return
	}
	e.Time = time.Now()
	e.State = m.state()
	s := m.summaryLocked()
	if !s.began.IsZero() {
		e.Left = max(0, s.end.Sub(e.Time))
	}
	m.ledger.say(record{Event: e, text: s.textOf(e), summary: &s})
}

// startedLocked says that c has started, if somebody wants to hear of that.
func (m *Manager) startedLocked(c component) {
	if m.ledger.wantsDetail() {
		m.emitLocked(Event{Type: EventStarted}, c)
	}
}

// slow is how long something takes to end before that alone is worth an event.
const slow = time.Second

// recordLocked notes how something ended, and says so if it failed, was slow,
// or if somebody wants to hear of everything.
func (m *Manager) recordLocked(o outcome) {
	m.noteLocked(o)
	if o.err != nil || o.took >= slow || m.ledger.wantsDetail() {
		m.emitLocked(Event{Type: EventFinished, Took: o.took, Err: o.err}, o.component)
	}
}

// noteLocked notes how something ended.
func (m *Manager) noteLocked(o outcome) {
	if m.state() == Stopped {
		return
	}
	m.ledger.record(o)
	if o.err != nil && !o.aside {
		m.worst.Raise(o.status)
	}
}

// hearOutTheLog lets the program's own log hear everything before the oldest
// finalizer begins: that may close it, and what comes after is lost then. It
// waits no longer than G/100.
func (m *Manager) hearOutTheLog() {
	m.lock()
	behind := m.logBehind
	m.mu.Unlock()
	if behind == nil {
		return
	}
	if m.ledger.hasFailuresBesides(m.stopCause()) {
		m.emit(Event{Type: EventNotice, Err: notice("not everything went well so far")}, component{})
	}
	b := m.clock.Budget()
	until := time.Now().Add(b.Grace / 100)
	m.hearOut(behind(), func(clock.Budget) time.Time { return until })
}

// hearOut waits until those listeners that are behind have heard what has been said
// by now, but not beyond a time.
func (m *Manager) hearOut(listeners []<-chan struct{}, until func(clock.Budget) time.Time) {
	for _, behind := range listeners {
		done := make(chan struct{})
		go func() { // ends when the listener has caught up, or is told not to
			defer close(done)
			select {
			case <-behind:
			case <-m.aborted:
			}
		}()
		m.clock.Await(done, until)
	}
}
