package shutdown

import "time"

// A summary is the stop as it was when something happened to it: what the log
// has to say besides the event, and could not find out later. Events about the
// stop itself have one.
type summary struct {
	cause   error  // why the stop began; nil before
	text    string // of the cause, as it was read; empty if it is a word of our own
	asked   bool   // the cause is a wish, not a failure
	byEntry bool   // the cause is that Main's run ended by itself
	wish    bool   // the latest of the further reasons to stop is one, and not a failure
	later   string // what that says, as it was read

	began, end   time.Time // of the stop; zero before
	grace, drain time.Duration
	took         time.Duration // since the first cause; valid when Stopped
	paused       time.Duration // of took: while the process was stopped or frozen

	pending int   // how much there was to end when Stopping began
	totals  Total // of all kinds together
	first   error // the first failure; nil if there was none

	status int // with which the process ends, or would under Main; as it is so far
}

// summaryLocked returns the stop as it is now.
func (m *Manager) summaryLocked() summary {
	b := m.clock.Budget()
	s := summary{
		cause: m.cause.err, text: m.cause.text, asked: m.cause.wish, byEntry: m.cause.entry,
		began: b.Began, grace: b.Grace, drain: m.settings().drain, paused: b.Paused,
		status: m.worst.Status().Code,
	}
	if !b.Began.IsZero() {
		s.end = b.End()
	}
	m.ledger.summarize(&s, m.cause)
	return s
}

// summarize adds what the ledger knows.
func (l *ledger) summarize(s *summary, cause reason) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s.pending = l.atStop
	s.first = l.firstFailure(cause)
	if n := len(l.laters); n > 0 {
		s.wish, s.later = l.laters[n-1].wish, l.laters[n-1].text
	}
	for _, t := range l.totals {
		s.totals.add(t)
	}
	if over := l.entered[Stopped]; !over.IsZero() {
		s.took = over.Sub(s.began)
	}
}

// firstFailure returns the failure that came first, or nil.
func (l *ledger) firstFailure(cause reason) error {
	if cause.err != nil && !cause.wish {
		return cause.err
	}
	for _, o := range l.failed {
		if o.err != nil && !o.aside {
			return o.err
		}
	}
	for _, r := range l.laters {
		if !r.wish {
			return r.err
		}
	}
	return nil
}

// textOf returns what the error of e says, as it was read; empty if it is a word
// of our own.
func (s summary) textOf(e Event) string {
	if e.Type == EventCause {
		return s.later
	}
	return s.text
}

func (t *Total) add(more Total) {
	t.OK += more.OK
	t.Failed += more.Failed
	t.Stuck += more.Stuck
	t.Cut += more.Cut
	t.Leaked += more.Leaked
}
