package signals

import (
	"os"
	"os/signal"
	"slices"
	"syscall"
)

// Termination returns the signals that ask a program to stop: SIGINT (Ctrl-C),
// SIGTERM (supervisors) and, on Unix, SIGHUP where the process has a controlling
// [Terminal], whose closing is what it means. Without one SIGHUP is no request
// to stop: by an old custom daemons read their configuration again when it
// comes. Whether there is one is looked up in each call.
//
// On Windows, Go delivers Ctrl-C and Ctrl-Break as SIGINT, and the closing of
// the console, log-off and shutdown as SIGTERM.
func Termination() []os.Signal {
	asking := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if len(hangup) > 0 && Terminal() {
		asking = append(asking, hangup...)
	}
	return asking
}

// Hangup returns the signals by which a process hears that its terminal has
// been closed: SIGHUP on Unix, none elsewhere. A Go program that does not
// register for it dies of it, terminal or not.
func Hangup() []os.Signal { return slices.Clone(hangup) }

// deadly are the signals by which a Go program dies that does not register for
// them. The runtime answers SIGQUIT and its like with a dump of the stacks, and
// any other with nothing.
var deadly = append([]os.Signal{os.Interrupt, syscall.SIGTERM}, hangup...)

// ignoredAtStart holds the deadly signals that the process was started with
// ignored. It is read here, and not when it is needed, because a signal that
// anybody has registered for no longer looks ignored.
var ignoredAtStart = slices.DeleteFunc(slices.Clone(deadly), func(sig os.Signal) bool {
	return !signal.Ignored(sig)
})

// Ignored reports whether sig is to be left alone: the process was started
// with it ignored, or the program ignores it now.
func Ignored(sig os.Signal) bool {
	return slices.Contains(ignoredAtStart, sig) || signal.Ignored(sig)
}

// Notify relays sigs to the channel that it returns, except those that are
// [Ignored], until stop is called. The channel is never closed.
//
// It never asks for all signals, as an empty list would in os/signal: with
// nothing to register for, the channel stays silent. The channel's buffer
// holds what arrives while its reader is busy; of a storm of signals that
// outruns it, the rest is dropped.
func Notify(sigs ...os.Signal) (c <-chan os.Signal, stop func()) {
	relay := make(chan os.Signal, 16) // more than a person or a wrapper sends in a moment
	sigs = slices.DeleteFunc(slices.Clone(sigs), Ignored)
	if len(sigs) > 0 {
		signal.Notify(relay, sigs...)
	}
	return relay, func() { signal.Stop(relay) }
}
