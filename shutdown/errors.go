package shutdown

import (
	"errors"
	"fmt"
	"reflect"
	"time"
)

var (
	// ErrStopped is the cause of a stop that was asked for with Stop(nil).
	ErrStopped = errors.New("shutdown: stop requested")

	// ErrStopping is returned by [Manager.Hold] once the program no longer
	// takes new work.
	ErrStopping = errors.New("shutdown: stopping, no new work")

	// ErrForced is part of Run's result when a second Ctrl-C cut the stop short.
	ErrForced = errors.New("shutdown: forced to stop at once")

	// ErrRunTwice is returned by a second call of [Manager.Run].
	ErrRunTwice = errors.New("shutdown: Run called twice")
)

var (
	errGoexit     = errors.New("runtime.Goexit called")
	errInside     = errors.New("Run called inside the finalizer itself")
	errOver       = errors.New("already run or unregistered")
	errUnreturned = errors.New("left by a panic or by runtime.Goexit")
)

// An ActorError says that an actor returned, or that a background service
// failed. As a cause its Err is nil if an actor returned nil.
type ActorError struct {
	Component
	Err error
}

func (e *ActorError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("shutdown: %s %q returned", e.Kind, e.Name)
	}
	return fmt.Sprintf("shutdown: %s %q: %v", e.Kind, e.Name, e.Err)
}

func (e *ActorError) Unwrap() error { return e.Err }

// A FinalizerError says that a finalizer, or the close of a resource, failed.
type FinalizerError struct {
	Component
	Err error
}

func (e *FinalizerError) Error() string {
	return fmt.Sprintf("shutdown: %s %q: %v", e.Kind, e.Name, e.Err)
}

func (e *FinalizerError) Unwrap() error { return e.Err }

// A StuckError says that something was still running when its time, or the
// program's, was up.
type StuckError struct {
	Component
	Running time.Duration // how long it had been stopping by then; of a hold or scope, its age
	Stack   string        // where its goroutines are; empty if they are not the manager's
}

func (e *StuckError) Error() string {
	return fmt.Sprintf("shutdown: %s still running after %v", e.Component, e.Running.Round(time.Millisecond))
}

// An ExitError is the cause of a stop that [Exit] or a fatal log event of
// zerolog asked for.
type ExitError struct {
	Code int // the exit status, 0 to 255
}

func (e *ExitError) Error() string {
	return fmt.Sprintf("shutdown: exit with status %d requested", e.Code)
}

// ExitCode returns the exit status that was asked for.
func (e *ExitError) ExitCode() int { return e.Code }

// A settingsError says which settings contradict each other or themselves.
type settingsError struct{ text string }

func (e *settingsError) Error() string { return "shutdown: " + e.text }

// ExitCode returns 2, the status of programs that were called wrongly.
func (e *settingsError) ExitCode() int { return 2 }

// walk calls visit for err and for each error that it wraps or joins.
func walk(err error, visit func(error)) {
	if err == nil {
		return
	}
	visit(err)
	for _, part := range partsOf(err) {
		walk(part, visit)
	}
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

// only reports whether every error that err joins or wraps satisfies benign at
// some level: a joined error is benign only if each of its parts is, so that
// nothing hides behind a context.Canceled.
func only(err error, benign func(error) bool) bool {
	if benign(err) {
		return true
	}
	parts := partsOf(err)
	for _, part := range parts {
		if !only(part, benign) {
			return false
		}
	}
	return len(parts) > 0
}

// same reports whether a and b are the same error, not merely equal in text.
func same(a, b error) bool {
	return isComparable(a) && isComparable(b) && a == b
}

// isComparable reports whether err may be compared: an error may be of a type for
// which that panics.
func isComparable(err error) bool { return err != nil && reflect.ValueOf(err).Comparable() }
