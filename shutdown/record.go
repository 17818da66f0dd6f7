package shutdown

import (
	"slices"
	"time"

	"github.com/seed7e043c35/lastcall/internal/clock"
)

// slow is how long something takes to end before that alone is worth an event.
const slow = time.Second

// emit puts e, about c, in the queues, with the time, the state and, if it is about
// the stop itself, a summary of that.
func (l *ledger) emit(e Event, c component) {
	e.Time, e.State = time.Now(), l.state()
	e.Component = Component{Kind: c.kind, Name: c.name}
	if b := l.clock.Budget(); !b.Began.IsZero() {
		e.Left = max(0, b.End().Sub(e.Time))
	}
	r := record{Event: e, site: c.site}
	if e.Type == EventState || e.Type == EventCause {
		s := l.summary()
		r.text, r.summary = s.textOf(e), &s
	}
	l.all.Append(r)
	if !routine(e) {
		l.lines.Append(r)
	}
}

// routine reports whether e is a success of a single component: nothing that a
// log would say unless it was asked to say everything.
func routine(e Event) bool {
	switch e.Type {
	case EventStarted:
		return true
	case EventFinished:
		return e.Err == nil && e.Took < slow
	}
	return false
}

// started says that c has started, if somebody wants to hear of that.
func (l *ledger) started(c component) {
	if l.wantsDetail() {
		l.emit(Event{Type: EventStarted}, c)
	}
}

// ended notes how something ended, and says so if it failed, was slow, or if somebody
// wants to hear of everything.
func (l *ledger) ended(o outcome) {
	l.note(o)
	if o.err != nil || o.took >= slow || l.wantsDetail() {
		l.emit(Event{Type: EventFinished, Took: o.took, Err: o.err}, o.component)
	}
}

// hearOutTheLog lets the program's own log hear everything before the oldest
// finalizer begins: that may close it, and what comes after is lost then. It
// waits no longer than G/100.
func (l *ledger) hearOutTheLog() {
	if l.behind == nil {
		return
	}
	if l.hasFailuresBesidesTheCause() {
		l.emit(Event{Type: EventNotice, Err: notice("not everything went well so far")}, component{})
	}
	l.hearOut(l.behind(), time.Now().Add(l.clock.Budget().Grace/100))
}

// settle waits, for a short time, until the listeners have heard everything.
func (l *ledger) settle() {
	until := l.clock.Budget().Settled(time.Now())
	l.hearOut(slices.Concat(l.lines.Behind(), l.all.Behind()), until)
}

// hearOut waits until those listeners that are behind have heard what has been said
// by now, but not beyond a time.
func (l *ledger) hearOut(listeners []<-chan struct{}, until time.Time) {
	for _, behind := range listeners {
		done := make(chan struct{})
		go func() { // ends when the listener has caught up, or is told not to
			defer close(done)
			select {
			case <-behind:
			case <-l.aborted:
			}
		}()
		l.clock.Await(done, func(clock.Budget) time.Time { return until })
	}
}
