package shutdown

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"sync/atomic"
	"time"

	"github.com/seed7e043c35/lastcall/internal/process"
)

// A verdict is what foreign code brought, read once: in the goroutine that
// brought it, with no lock held. Error values are code: their methods may
// block, panic, leave by Goexit, call the manager, lie, or be called on a nil
// pointer. From here on only what was read is looked at.
type verdict struct {
	err error // as it came, a *PanicError, or errGoexit; nil: all is well
	reading

	told      bool      // the stop had told it to end when it did
	crashed   bool      // a panic or Goexit of its own
	cancelled bool      // it says nothing but that a context was cancelled, or that the stop has come
	timedOut  bool      // the same, or that its time was up
	signal    os.Signal // if it is nothing but oklog/run's word for a signal
}

// A reading is what was read of an error and goes with it in an error of our own, so
// that nobody reads it a second time.
type reading struct {
	text    string         // what it says
	context bool           // something in it says that a context ended, or is why the stop began
	status  process.Status // if it is a failure; Well if it says that it is none
	panics  []*PanicError  // in it: of a manager that ran inside
	done    bool           // it has been read
}

// isFine reports whether v is no failure: there is no error, or one that says the
// exit status 0.
func (v verdict) isFine() bool { return v.status.Rank == process.Well && !v.crashed }

// exits reports whether v is the Goexit of a program that has called Exit.
func (v verdict) exits() bool { return v.err == errGoexit && left.Load() }

// left says that somebody has left by Exit: Goexit is no failure any more, in
// whichever manager it comes out.
var left atomic.Bool

// How much of an error is read.
const (
	maxNodes = 1000     // of its tree
	maxText  = 64 << 10 // bytes of what it says
)

// readingTakes is how long the stop waits for an error to be read.
const readingTakes = 100 * time.Millisecond

// read reads what foreign code brought and tells done. If that takes longer than
// readingTakes, late is called meanwhile, in another goroutine: the stop does
// not wait for it. Cause is why whoever brings it has been told to end, or nil.
func read(err, cause error, late func(), done func(verdict)) {
	switch {
	case err == nil:
		done(verdict{told: cause != nil})
		return
	case err == context.Canceled:
		known := reading{text: err.Error(), context: true, status: failedStatus, done: true}
		done(verdict{err: err, reading: known, told: cause != nil, cancelled: true, timedOut: true})
		return
	}
	timer := time.AfterFunc(readingTakes, late)
	judge(err, cause, func(v verdict) {
		timer.Stop()
		done(v)
	})
}

// judge reads err, which is not nil, and tells done what it has found, also if
// reading panics or leaves by Goexit: then done is told what had been read.
func judge(err, cause error, done func(verdict)) {
	v := verdict{err: err, told: cause != nil, reading: reading{status: failedStatus, done: true}}
	defer func() { done(v) }()
	if p, ok := err.(*PanicError); ok && p.unread {
		v.crashed, p.unread, p.text = true, false, fmt.Sprintf("(%T) PANIC while it was asked what it says", p.Value)
		attempt(func() { p.text = limited(panicText(p.Value)) })
	}
	v.crashed = v.crashed || err == errGoexit
	v.text = fmt.Sprintf("(%T) PANIC in its Error method", err)
	if isNilPointer(err) {
		v.text = fmt.Sprintf("(%T)(nil)", err)
	}
	attempt(func() { v.text = limited(err.Error()) })
	r := reader{cause: cause}
	v.cancelled, v.timedOut = r.read(err)
	attempt(func() { v.signal = signalOf(err) })
	v.context, v.status, v.panics = r.context, r.verdict(), r.panics
}

// attempt calls fn and survives its panic.
func attempt(fn func()) {
	defer func() { _ = recover() }()
	fn()
}

func limited(text string) string {
	if len(text) > maxText {
		return text[:maxText] + "…"
	}
	return text
}

func isNilPointer(err error) bool {
	v := reflect.ValueOf(err)
	return v.Kind() == reflect.Pointer && v.IsNil()
}

// unread stands for what could not be read in time. It has a text of its own, so
// that nobody asks the error for one.
var unread = verdict{reading: reading{text: "an error that takes its time to say what it is", status: failedStatus, done: true}}

var failedStatus = process.Status{Rank: process.Failed, Code: process.StatusFailed}

var errGoexit = errors.New("runtime.Goexit called")
