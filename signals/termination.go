package signals

import (
	"os"
	"os/signal"
	"slices"
)

// Termination returns the signals that ask a program to stop: SIGINT (Ctrl-C),
// SIGTERM (supervisors) and, on Unix, SIGHUP (a closed terminal).
//
// On Windows, Go delivers Ctrl-C and Ctrl-Break as SIGINT, and the closing of
// the console, log-off and shutdown as SIGTERM.
func Termination() []os.Signal { return slices.Clone(termination) }

// ignoredAtStart holds the termination signals that the process was started
// with ignored. It is read here, and not when it is needed, because a signal
// that anybody has registered for no longer looks ignored.
var ignoredAtStart = slices.DeleteFunc(Termination(), func(sig os.Signal) bool {
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
