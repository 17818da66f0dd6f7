package shutdown

import (
	"time"

	"github.com/seed7e043c35/lastcall/signals"
)

// A reason to stop is a wish or a failure.
type reason struct {
	err error // a *signals.Error, an *ActorError and so on, or what was given to Stop
	verdict
	wish     bool
	entry    bool // it is that Main's run has ended
	deadline bool // it is that the deadline of the context given to Run has passed
}

// wish is a reason that is no failure.
func wish(err error) reason { return reason{err: err, wish: true} }

// failing is a reason that is a failure.
func failing(err error, v verdict) reason {
	v.text = "" // that is of what err, a word of our own, wraps
	return reason{err: err, verdict: v}
}

// by is r, which came with the end of Main's run if entry says so.
func (r reason) by(entry bool) reason {
	r.entry = entry
	return r
}

// limit returns how long the system lets the process live because of r, or 0 if it
// does not say.
func (r reason) limit() time.Duration {
	if sig, ok := r.err.(*signals.Error); ok {
		return sig.Limit
	}
	return 0
}

// unreadReturn is the return of c with an error that takes its time to say what it is.
func unreadReturn(c component) reason {
	r := wish(&ActorError{Component: c.public()})
	r.verdict = unread
	return r
}

// isReturn reports whether r is that an actor returned nil. One whose error takes its
// time to say what it is did not.
func (r reason) isReturn() bool { return r.text == "" && finished(r.err) }

// finished reports whether err says that an actor returned nil.
func finished(err error) bool {
	e, ok := err.(*ActorError)
	return ok && e.Err == nil
}
