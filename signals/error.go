package signals

import (
	"context"
	"os"
	"time"

	"github.com/oklog/run"
)

// An Error says that a signal asked the program to stop. It is the cause of
// the contexts that end because of it.
//
// It matches [run.ErrSignal], as the errors of oklog/run's own handler do, and
// [context.Canceled], as the cause that [os/signal.NotifyContext] sets does.
type Error struct {
	Signal os.Signal

	// Limit is how long the system itself lets the process live after the
	// signal, or 0 if it does not say. Whoever received it by [Notify] sets it to
	// what [StopLimit] says; of a signal that was given by a call the system knows
	// nothing, and it is 0.
	Limit time.Duration
}

func (e *Error) Error() string { return e.Signal.String() + " signal received" }

// Is reports whether target is run.ErrSignal or context.Canceled.
func (e *Error) Is(target error) bool {
	return target == run.ErrSignal || target == context.Canceled
}
