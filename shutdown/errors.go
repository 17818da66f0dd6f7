package shutdown

import (
	"errors"
	"fmt"
	"strings"
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

	// ErrCut is the cause with which the context of work ends when the time for
	// work is up; see [Work] and [CutError].
	ErrCut = errors.New("shutdown: the time for work is up")

	// ErrRunTwice is returned by a second call of [Manager.Run].
	ErrRunTwice = errors.New("shutdown: Run called twice")
)

var (
	errInside     = errors.New("Run called inside the finalizer itself")
	errOver       = errors.New("already run or unregistered")
	errUnreturned = errors.New("left by a panic or by runtime.Goexit")
)

// An ActorError says that an actor returned, or that a background service
// failed. As a cause its Err is nil if an actor returned nil.
type ActorError struct {
	Component
	Err error

	read reading // of Err, when it came
}

func (e *ActorError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("shutdown: %s %q returned", e.Kind, e.Name)
	}
	return wrapped(e.Component, e.Err, e.read.text)
}

func (e *ActorError) Unwrap() error { return e.Err }

// A FinalizerError says that a finalizer, or the close of a resource, failed.
type FinalizerError struct {
	Component
	Err error

	read reading
}

func (e *FinalizerError) Error() string { return wrapped(e.Component, e.Err, e.read.text) }

func (e *FinalizerError) Unwrap() error { return e.Err }

// A CutError says that work had begun and not ended when the time for it was
// up, and that it was not finished then. Whoever returns nil although that time
// was up has finished all the same; who does not return at all is stuck, which is
// a [StuckError].
//
// It matches [ErrCut], but neither a cancellation nor the cause of the stop: it
// does not unwrap to an Err that does.
type CutError struct {
	Component
	Err error // what it returned; nil if it cannot say anything, as a hold

	read reading
}

func (e *CutError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("shutdown: %s %q was cut: the time for work was up", e.Kind, e.Name)
	}
	return fmt.Sprintf("shutdown: %s %q was cut: %s", e.Kind, e.Name, said(e.Err, e.read.text))
}

// Is reports whether target is ErrCut.
func (e *CutError) Is(target error) bool { return target == ErrCut }

// Unwrap returns Err, unless that matches a cancellation.
func (e *CutError) Unwrap() error {
	if e.read.context {
		return nil
	}
	return e.Err
}

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
// zerolog asked for. A run that returns one gives the program its exit status
// without anything to say.
type ExitError struct {
	Code int // the exit status, 0 to 255; others count as 1
}

func (e *ExitError) Error() string {
	return fmt.Sprintf("shutdown: exit with status %d requested", e.Code)
}

// ExitCode returns the exit status that was asked for.
func (e *ExitError) ExitCode() int { return e.Code }

// A LeakError says that a resource was not closed by its owner, who should
// have closed it. It is a warning, not a failure: the manager closes it.
type LeakError struct {
	Component
	Type  string        // of the resource
	Age   time.Duration // since it was created
	Stack string        // where it was created
}

func (e *LeakError) Error() string {
	return fmt.Sprintf("shutdown: %s not closed after %v", e.Component, e.Age.Round(time.Millisecond))
}

// A settingsError says which settings contradict each other or themselves.
type settingsError struct{ text string }

func (e *settingsError) Error() string { return "shutdown: " + e.text }

// ExitCode returns 2, the status of programs that were called wrongly.
func (e *settingsError) ExitCode() int { return 2 }

// failedComponent returns the component whose failure err is.
func failedComponent(err error) (Component, bool) {
	var c Component
	switch err := err.(type) {
	case *ActorError:
		c = err.Component
	case *FinalizerError:
		c = err.Component
	case *PanicError:
		c = err.Component
	case *StuckError:
		c = err.Component
	case *CutError:
		c = err.Component
	}
	return c, c.Kind != KindNone
}

func wrapped(c Component, err error, text string) string {
	return fmt.Sprintf("shutdown: %s %q: %s", c.Kind, c.Name, said(err, text))
}

// said is text, which was read when err came. Only of an error that somebody
// else has made is there none.
func said(err error, text string) string {
	if text == "" && err != nil {
		text = err.Error()
	}
	return withoutPrefix(text)
}

// withoutPrefix is text without the prefix of this package, which stands once in
// front of what leaves it.
func withoutPrefix(text string) string { return strings.TrimPrefix(text, "shutdown: ") }

// failure turns the way in which c's code ended into the error that leaves the
// package: a *PanicError as it is, but named; anything else as wrap makes it.
func failure(c component, v verdict, wrap func(Component, verdict) error) error {
	if p, ok := v.err.(*PanicError); ok {
		if p.Kind == KindNone {
			p.Component = c.public()
		}
		return p
	}
	return wrap(c.public(), v)
}

func asActorError(c Component, v verdict) error { return &ActorError{c, v.err, v.reading} }
func asFinalizerError(c Component, v verdict) error {
	return &FinalizerError{c, v.err, v.reading}
}

// cutError is what there is to say of c, which was cut and then brought v.
func cutError(c component, v verdict) error { return &CutError{c.public(), v.err, v.reading} }

// readingOf returns what has been read of an error of our own; none of any other.
func readingOf(err error) reading {
	switch e := err.(type) {
	case *ActorError:
		return e.read
	case *FinalizerError:
		return e.read
	case *CutError:
		return e.read
	}
	return reading{}
}

// A notice is something to say that is no failure.
type notice string

func (n notice) Error() string { return string(n) }
