package shutdowntest

import (
	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/signals"
)

// A Result is how a function ended that [Run] or [Start] has run.
type Result struct {
	Status     Status           // how the process would have ended
	Err        error            // what the manager's Run returned
	Report     shutdown.Report  // of the stop
	Events     []shutdown.Event // everything that happened, in order
	Goroutines []string         // the stacks of those that run started and that have outlived the stop

	t         reporter
	impatient bool   // nothing asked for the stop but Run itself
	stands    string // why a bubble had to be left behind
	misplaced queue  // what was registered where nobody runs it
	judged    bool   // Clean has told the test what is wrong
}

// A reporter is what a Result needs of a test.
type reporter interface {
	Helper()
	Errorf(format string, args ...any)
}

// A Status is how a process ends: by an exit status, or by a signal.
type Status = shutdown.Status

// statusOf is the status of a program whose Run returned err. CutShort says that
// its run returned an error: under [shutdown.Main] that of its context is passed
// on, which a manager cannot know of an actor like any other. Settings that make
// no sense are refused before there is a report.
func statusOf(err error, report shutdown.Report, cutShort bool) Status {
	sig, bySignal := report.Cause.(*signals.Error)
	switch {
	case err == nil && bySignal && cutShort:
		return Status{Code: signals.Status(sig.Signal), Signal: sig.Signal}
	case report.Status == Status{}:
		return Status{Code: shutdown.ExitCode(err)}
	}
	return report.Status
}
