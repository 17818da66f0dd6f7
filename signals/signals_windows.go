package signals

import (
	"os"
	"syscall"
	"time"
)

var (
	hangup     []os.Signal
	brokenPipe []os.Signal
)

// StopLimit is how long the system lets a process live after it has sent it
// sig, or 0 if it does not say. On Windows, SIGTERM stands for a closed console,
// a log-off or a shutdown, after which a process has 5000 ms (HandlerRoutine's
// documentation); half a second of that is kept for the exit.
//
// It is for signals that came by [Notify]. A SIGTERM that somebody else passes
// on, such as a service's control handler, has no such limit; see [Error].
func StopLimit(sig os.Signal) time.Duration {
	if sig == syscall.SIGTERM {
		return 4500 * time.Millisecond
	}
	return 0
}

// Raise would end the process by sig's default action. Windows has no such
// thing: it returns, and the caller should exit with [Status].
func Raise(os.Signal) {}
