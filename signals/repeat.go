package signals

import (
	"os"
	"time"
)

// SameRequest is how soon after a termination signal that counted another one
// is taken for the same request. One Ctrl-C often arrives twice: from the
// terminal, which signals the whole process group, and from a wrapper that
// forwards it, as timeout(1) does within milliseconds. A person who hammers
// Ctrl-C takes 150 to 400 ms from one press to the next.
const SameRequest = 500 * time.Millisecond

// A Repeat tells a new request to stop from an echo of an earlier one. The zero
// Repeat has seen no signal. It is not safe for concurrent use.
//
// It is asked for the [Repeat.Meaning] of each signal, and is told by
// [Repeat.Counted] of those that had an effect: that began the stop, ended a
// drain, forced the stop or ended the process. Only these have echoes. If echoes
// had some of their own, who hammers Ctrl-C would never be heard; if a repeated
// SIGTERM that changes nothing had, a supervisor's could swallow a person's
// Ctrl-C.
type Repeat struct {
	counted time.Time // when the last signal came that had an effect
}

// Meaning is what a termination signal asks for.
type Meaning int

const (
	Echo      Meaning = iota // the same request as the last one that counted
	Terminate                // stop
	Insist                   // a person wants it to stop now
)

func (m Meaning) String() string { return [...]string{"Echo", "Terminate", "Insist"}[m] }

// Meaning says what sig means that arrives at the time now, and notes nothing.
//
// Less than [SameRequest] after the last one that counted, of whichever kind,
// it is an [Echo]. Otherwise SIGINT is [Insist] and any other signal is
// [Terminate]: a person repeats Ctrl-C out of impatience, but a supervisor
// that sends SIGTERM or SIGHUP twice means no more than the first time. What
// Insist does to a program that is not stopping yet is no different from
// Terminate; that is for the caller to know.
func (r *Repeat) Meaning(sig os.Signal, now time.Time) Meaning {
	switch {
	case !r.counted.IsZero() && now.Sub(r.counted) < SameRequest:
		return Echo
	case sig == os.Interrupt:
		return Insist
	default:
		return Terminate
	}
}

// Counted notes that the signal that arrived at the time now had an effect:
// what follows it within [SameRequest] is its echo.
func (r *Repeat) Counted(now time.Time) { r.counted = now }

// Received is [Repeat.Meaning] for who cannot say whether a signal has an
// effect: whatever is no echo counts.
func (r *Repeat) Received(sig os.Signal, now time.Time) Meaning {
	meaning := r.Meaning(sig, now)
	if meaning != Echo {
		r.Counted(now)
	}
	return meaning
}
