//go:build unix

package signals

import (
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"
)

var (
	hangup     = []os.Signal{syscall.SIGHUP}
	brokenPipe = []os.Signal{syscall.SIGPIPE}
)

// StopLimit is how long the system lets a process live after it has sent it
// sig, or 0 if it does not say. On Unix it never does: the limits there are
// those of supervisors. It is for signals that came by [Notify]; see [Error].
func StopLimit(os.Signal) time.Duration { return 0 }

// delivery is how long Raise waits for a signal that the process sent to
// itself. It is delivered asynchronously, but within microseconds.
const delivery = 100 * time.Millisecond

// Raise ends the process by sig's default action, so that whoever waits for
// it sees a death by signal: a shell loop stops after one by SIGINT and goes on
// after exit status 130; systemd calls one by SIGTERM clean and status 143 a
// failure. Other registrations for sig in this process are lost.
//
// It returns only if the process cannot or should not end like that, and the
// caller should exit with [Status] instead: for any signal but SIGINT, SIGTERM
// and SIGHUP, since Go answers SIGQUIT and its like with a dump of all stacks and
// status 2, and most others with nothing; as process 1, for which the kernel
// discards default actions; if sig was ignored at start; and if GOCOVERDIR is
// set, since a death by signal loses the coverage counters.
func Raise(sig os.Signal) {
	if !slices.Contains(deadly, sig) || os.Getpid() == 1 || Ignored(sig) || os.Getenv("GOCOVERDIR") != "" {
		return
	}
	signal.Reset(sig)
	if signal.Ignored(sig) { // restored to what it was at start
		return
	}
	if syscall.Kill(os.Getpid(), sig.(syscall.Signal)) == nil {
		time.Sleep(delivery)
	}
}
