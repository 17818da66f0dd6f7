package shutdowntest

import (
	"errors"
	"os"
	"strconv"

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
	stands    string // what holds the clock of a bubble that had to be left behind
	misplaced string // what was registered where nobody runs it; empty if nothing was
}

// A reporter is what a Result needs of a test.
type reporter interface {
	Helper()
	Errorf(format string, args ...any)
}

// A Status is how a process ends under [shutdown.Main].
type Status struct {
	Code   int       // the exit status; 128 plus the signal's number where it would die by a signal
	Signal os.Signal // by which it would die; nil if it would exit
}

// String returns the name of the signal ("SIGINT") or the exit status ("0").
func (s Status) String() string {
	if s.Signal != nil {
		return signalName(s.Signal)
	}
	return strconv.Itoa(s.Code)
}

// statusOf is the status of a program whose Run returned err, and which was
// stopped because of cause. CutShort says that its run returned an error.
func statusOf(err, cause error, cutShort bool) Status {
	sig, bySignal := cause.(*signals.Error)
	switch {
	case errors.Is(err, shutdown.ErrForced):
		return Status{shutdown.ExitCode(err), os.Interrupt}
	case err == nil && bySignal && cutShort:
		return Status{signals.Status(sig.Signal), sig.Signal}
	}
	return Status{Code: shutdown.ExitCode(err)}
}

// signalName returns the name by which people know sig. Package syscall knows
// what it does ("terminated"), in the same words on every system.
func signalName(sig os.Signal) string {
	switch sig.String() {
	case "interrupt":
		return "SIGINT"
	case "terminated":
		return "SIGTERM"
	case "hangup":
		return "SIGHUP"
	}
	return sig.String()
}
