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

	began        time.Time // of the stop; zero before
	grace, drain time.Duration
	took         time.Duration // since the first cause; valid when Stopped
	paused       time.Duration // of took: while the process was stopped or frozen

	pending int   // how much there was to end when Stopping began
	totals  Total // of all kinds together
	first   error // the first failure; nil if there was none

	status int // with which the process ends, or would under Main; as it is so far
}

// summary returns the stop as it is now.
func (l *ledger) summary() summary {
	b := l.clock.Budget()
	l.mu.Lock()
	defer l.mu.Unlock()
	s := summary{
		cause: l.cause.err, text: l.cause.text, asked: l.cause.wish, byEntry: l.cause.entry,
		began: b.Began, grace: b.Grace, drain: l.drain, paused: b.Paused,
		pending: l.atStop, first: l.firstFailure(), status: l.worst.Status().Code,
	}
	if n := len(l.laters); n > 0 {
		s.wish, s.later = l.laters[n-1].wish, l.laters[n-1].text
	}
	for _, t := range l.totals {
		s.totals.add(t)
	}
	if over := l.entered[Stopped]; !over.IsZero() {
		s.took = over.Sub(s.began)
	}
	return s
}

// firstFailure returns the failure that came first, or nil.
func (l *ledger) firstFailure() error {
	if l.cause.err != nil && !l.cause.wish {
		return l.cause.err
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
