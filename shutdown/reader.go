package shutdown

import (
	"context"
	"os"
	"reflect"
	"syscall"

	"github.com/oklog/run"

	"github.com/seed7e043c35/lastcall/internal/process"
)

// A reader reads the tree of an error.
type reader struct {
	cause error

	nodes   int
	joined  bool           // somewhere in it errors are joined
	context bool           // something in it says that a context ended, or is why the stop began
	coded   bool           // something in it says an exit status
	zero    bool           // the first to say one says 0
	worst   process.Status // of what says more than "failed"
	panics  []*PanicError
}

// read reports whether every error that err joins or wraps says, at some level,
// that a context was cancelled, or at least that a time was up: a joined error
// says so only if each of its parts does, so that nothing hides behind a
// context.Canceled.
func (r *reader) read(err error) (cancelled, timedOut bool) {
	if r.nodes++; err == nil || r.nodes > maxNodes {
		return false, false
	}
	if known := readingOf(err); known.done && !same(err, r.cause) {
		r.take(known)
		return false, false
	}
	var parts []error
	attempt(func() { cancelled, timedOut = r.readOnly(err) }) // one that panics hides nothing but itself
	attempt(func() { parts = partsOf(err) })
	all, allTimedOut := len(parts) > 0, len(parts) > 0
	for _, part := range parts {
		c, t := r.read(part)
		all, allTimedOut = all && c, allTimedOut && t
	}
	if isFailure(err) && !same(err, r.cause) || r.nodes > maxNodes {
		return false, false
	}
	return cancelled || all, timedOut || allTimedOut
}

// readOnly is read of err itself, without what it joins or wraps.
func (r *reader) readOnly(err error) (cancelled, timedOut bool) {
	r.note(err)
	ended, late := says(err, context.Canceled), says(err, context.DeadlineExceeded)
	cancelled = same(err, r.cause) || ended
	r.context = r.context || cancelled || late
	return cancelled, cancelled || late || says(err, ErrCut) || says(err, ErrForced)
}

// take takes over what has been read of an error of our own.
func (r *reader) take(known reading) {
	r.coded = r.coded || known.status.Rank == process.Coded
	r.raise(known.status.Rank, known.status.Code)
	r.context = r.context || known.context
	r.panics = append(r.panics, known.panics...)
}

// isFailure reports whether err is one of our words for a failure, whatever it
// wraps.
func isFailure(err error) bool {
	switch err.(type) {
	case *ActorError, *FinalizerError, *PanicError, *StuckError, *CutError, *ExitError:
		return true
	}
	return false
}

// says reports whether err is target or says that it is.
func says(err, target error) bool {
	is, ok := err.(interface{ Is(error) bool })
	return err == target || ok && is.Is(target)
}

// note notes what err itself says of the exit status.
func (r *reader) note(err error) {
	switch e := err.(type) {
	case interface{ Unwrap() []error }:
		r.joined = true
	case *PanicError:
		r.raise(process.Crashed, process.StatusCrashed)
		r.panics = append(r.panics, e)
	case *StuckError:
		r.raise(process.Stuck, process.StatusStuck)
	case *ExitError:
		r.noteCode(process.Exited, e.Code)
	case interface{ ExitCode() int }:
		if !r.coded {
			r.noteCode(process.Coded, codeOf(e))
		}
	}
	if err == ErrForced {
		r.raise(process.Forced, process.StatusForced)
	}
}

func (r *reader) noteCode(rank process.Rank, code int) {
	r.coded = r.coded || rank == process.Coded
	if code = validStatus(code); code != 0 {
		r.raise(rank, code)
	} else {
		r.zero = true
	}
}

func (r *reader) raise(rank process.Rank, code int) {
	if rank > r.worst.Rank {
		r.worst = process.Status{Rank: rank, Code: code}
	}
}

// verdict is the status of a program that failed with what was read. An error
// that says 0 does not speak for those that are joined with it.
func (r *reader) verdict() process.Status {
	if r.worst.Rank == process.Well && (!r.zero || r.joined) {
		return failedStatus
	}
	return r.worst
}

// codeOf returns the status that err says. A child that died by a signal has the
// status that shells give it: 128 plus the signal's number.
func codeOf(err interface{ ExitCode() int }) int {
	code := err.ExitCode()
	if child, ok := err.(interface{ Sys() any }); ok && code == -1 {
		if how, ok := child.Sys().(syscall.WaitStatus); ok && how.Signaled() {
			return 128 + int(how.Signal())
		}
	}
	return code
}

func validStatus(code int) int {
	if code < 0 || code > 255 {
		return process.StatusFailed
	}
	return code
}

// signalOf returns the signal of which err says that it came, and nothing else,
// as oklog/run's SignalHandler does; or nil.
func signalOf(err error) os.Signal {
	for range maxNodes {
		switch e := err.(type) {
		case *run.SignalError:
			return e.Signal
		case interface{ Unwrap() error }:
			err = e.Unwrap()
		default:
			return nil
		}
	}
	return nil
}

// partsOf returns what err itself wraps or joins.
func partsOf(err error) []error {
	switch err := err.(type) {
	case interface{ Unwrap() error }:
		if inner := err.Unwrap(); inner != nil {
			return []error{inner}
		}
	case interface{ Unwrap() []error }:
		return err.Unwrap()
	}
	return nil
}

// same reports whether a and b are the same error, not merely equal in text.
func same(a, b error) bool {
	return isComparable(a) && isComparable(b) && a == b
}

// isComparable reports whether err may be compared: an error may be of a type for
// which that panics.
func isComparable(err error) bool { return err != nil && reflect.ValueOf(err).Comparable() }
