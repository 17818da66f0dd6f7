package signals

import (
	"os"
	"os/signal"
)

// GuardPipe keeps the process alive when it writes to a standard output or
// error whose reader is gone: from now until release is called, such a write
// returns EPIPE, where the Go runtime would die of SIGPIPE.
//
// It catches the signal and does not ignore it, because ignored signals are
// inherited by child processes and caught ones are not. Where there is no
// SIGPIPE it does nothing.
func GuardPipe() (release func()) {
	if len(brokenPipe) == 0 {
		return func() {}
	}
	unread := make(chan os.Signal, 1) // nobody reads it: to be registered is enough
	signal.Notify(unread, brokenPipe...)
	return func() { signal.Stop(unread) }
}
