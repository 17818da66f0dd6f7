package shutdown

import (
	"cmp"
	"os"
	"strconv"

	"github.com/seed7e043c35/lastcall/internal/process"
	"github.com/seed7e043c35/lastcall/signals"
)

var stuckStatus = process.Status{Rank: process.Stuck, Code: process.StatusStuck}

// ExitCode returns the exit status that [Main] would give a program whose Run
// returned err, where a process does not die by a signal. The first that
// applies:
//
//   - nil: 0
//   - forced by a second Ctrl-C: 130
//   - a *[PanicError]: 2
//   - a *[StuckError]: 124
//   - an *[ExitError] with a Code that is not 0: that, or 1 if it is not in
//     0…255
//   - an *exec.ExitError of a child that died by a signal: 128 plus the
//     signal's number, as shells say it
//   - any other error with a method ExitCode() int: what it returns, or 1 if
//     that is not in 0…255
//   - nothing but a *[signals.Error]: 128 plus the signal's number
//   - any other error: 1
func ExitCode(err error) int {
	if err == nil {
		return 0
	}
	if sig, ok := err.(*signals.Error); ok {
		return signals.Status(sig.Signal)
	}
	code := process.StatusFailed
	judge(err, nil, func(v verdict) { code = v.status.Code })
	return code
}

// A Status is how a process ends.
type Status struct {
	Code   int       // the exit status; 128 plus the signal's number where it dies by a signal
	Signal os.Signal // by which it dies; nil if it exits
}

// String returns the name of the signal ("SIGINT") or the exit status ("0").
func (s Status) String() string {
	if s.Signal == nil {
		return strconv.Itoa(s.Code)
	}
	return cmp.Or(signals.Name(s.Signal), s.Signal.String())
}

// status returns how the process would end now, or does.
func (l *ledger) status() Status {
	s := l.worst.Status()
	return Status{s.Code, s.Signal()}
}
