package signals

import (
	"context"
	"os"

	"github.com/oklog/run"
)

// An Error says that a signal asked the program to stop. It is the cause of
// the contexts that end because of it.
//
// It matches [run.ErrSignal], as the errors of oklog/run's own handler do, and
// [context.Canceled], as the cause that [os/signal.NotifyContext] sets does.
type Error struct {
	Signal os.Signal
}

func (e *Error) Error() string { return e.Signal.String() + " signal received" }

// Is reports whether target is run.ErrSignal or context.Canceled.
func (e *Error) Is(target error) bool {
	return target == run.ErrSignal || target == context.Canceled
}
