package signals

import (
	"os"
	"time"
)

// SameRequest is how soon after a termination signal another one is taken for
// the same request. One Ctrl-C often arrives twice: from the terminal, which
// signals the whole process group, and from a wrapper that forwards it.
const SameRequest = 500 * time.Millisecond

// A Repeat tells a new request to stop from an echo of the previous one. The
// zero Repeat has seen no signal. It is not safe for concurrent use.
type Repeat struct {
	last time.Time
}

// Meaning is what a termination signal asks for.
type Meaning int

const (
	Echo      Meaning = iota // the same request as the signal before it
	Terminate                // stop
	Insist                   // a person wants it to stop now
)

// Received notes that sig arrived at the time now and says what it means.
//
// A signal less than [SameRequest] after the previous one, of whichever kind,
// is an [Echo]. Otherwise SIGINT is [Insist] and any other signal is
// [Terminate]: a person repeats Ctrl-C out of impatience, but a supervisor
// that sends SIGTERM or SIGHUP twice means no more than the first time. What
// Insist does to a program that is not stopping yet is no different from
// Terminate; that is for the caller to know.
func (r *Repeat) Received(sig os.Signal, now time.Time) Meaning {
	echo := !r.last.IsZero() && now.Sub(r.last) < SameRequest
	r.last = now
	switch {
	case echo:
		return Echo
	case sig == os.Interrupt:
		return Insist
	default:
		return Terminate
	}
}
