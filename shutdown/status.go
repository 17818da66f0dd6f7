package shutdown

import (
	"errors"
	"os"

	"github.com/seed7e043c35/lastcall/signals"
)

// The exit statuses that are not somebody else's.
const (
	statusFailed  = 1
	statusRefused = 2   // as of programs that were called wrongly
	statusCrashed = 2   // as of a Go program that panics
	statusStuck   = 124 // as of timeout(1)
	statusForced  = 130 // 128 + SIGINT, where a death by SIGINT cannot be
)

// ExitCode returns the exit status that [Main] would give a program whose Run
// returned err, where a process does not die by a signal. The first that
// applies:
//
//   - nil: 0
//   - forced by a second Ctrl-C: 130
//   - a *[PanicError]: 2
//   - a *[StuckError]: 124
//   - an *[ExitError] with a Code that is not 0: that
//   - an error with a method ExitCode() int, such as *exec.ExitError: what it
//     returns, or 1 if that is not in 0…255
//   - nothing but a *[signals.Error]: 128 plus the signal's number
//   - any other error: 1
func ExitCode(err error) int {
	var (
		crashed *PanicError
		stuck   *StuckError
	)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, ErrForced):
		return statusForced
	case errors.As(err, &crashed):
		return statusCrashed
	case errors.As(err, &stuck):
		return statusStuck
	}
	if code := exitRequested(err); code != 0 {
		return code
	}
	switch e := err.(type) {
	case *ExitError:
		return 0
	case *signals.Error:
		return signals.Status(e.Signal)
	}
	return codeOf(err)
}

// exitRequested returns the first code other than 0 of the ExitErrors in err.
func exitRequested(err error) (code int) {
	walk(err, func(err error) {
		if e, ok := err.(*ExitError); ok && code == 0 {
			code = e.Code
		}
	})
	return code
}

// codeOf returns the status of the first error in err that says one. An error
// that says 0 does not speak for those that are joined with it.
func codeOf(err error) int {
	code, joined, found := statusFailed, false, false
	walk(err, func(err error) {
		if _, ok := err.(interface{ Unwrap() []error }); ok {
			joined = true
		}
		coded, ok := err.(interface{ ExitCode() int })
		if _, exit := err.(*ExitError); ok && !exit && !found {
			code, found = validStatus(coded.ExitCode()), true
		}
	})
	if code == 0 && joined {
		return statusFailed
	}
	return code
}

func validStatus(code int) int {
	if code < 0 || code > 255 {
		return statusFailed
	}
	return code
}

// An ending is how a process ends.
type ending struct {
	status int
	signal os.Signal // if not nil: by this one, where that is possible
}

// ending returns how a process ends whose Run returned err.
func (m *Manager) ending(err error) ending {
	m.lock()
	defer m.mu.Unlock()
	sig, bySignal := m.cause.(*signals.Error)
	switch {
	case errors.Is(err, ErrForced):
		return ending{statusForced, os.Interrupt}
	case err == nil && bySignal && m.runCut:
		return ending{signals.Status(sig.Signal), sig.Signal}
	}
	return ending{status: ExitCode(err)}
}

func (e ending) exit() {
	if e.signal != nil {
		signals.Raise(e.signal)
	}
	os.Exit(e.status)
}
