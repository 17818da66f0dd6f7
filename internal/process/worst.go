package process

import (
	"os"
	"sync/atomic"
	"syscall"
)

// A Rank says what kind of thing decides the exit status. What ranks higher
// decides; within a rank, what came first.
type Rank uint32

const (
	Well        Rank = iota // everything ended well
	Interrupted             // run says that it was interrupted by a signal
	Failed                  // something failed
	Coded                   // something failed, and says with which status
	Exited                  // Exit was called
	Stuck                   // something was still running at the end
	Crashed                 // a panic
	Forced                  // a second Ctrl-C
)

// The exit statuses that are not somebody else's.
const (
	StatusFailed  = 1
	StatusRefused = 2   // as of programs that were called wrongly
	StatusCrashed = 2   // as of a Go program that panics
	StatusStuck   = 124 // as of timeout(1)
	StatusForced  = 130 // 128 + SIGINT, where a death by SIGINT cannot be
)

// A Status is an exit status and what decided it.
type Status struct {
	Rank Rank
	Code int // 0 to 255; where the process dies by a signal, 128 plus its number
}

// Signal returns the signal by which a process with this status dies, or nil.
func (s Status) Signal() os.Signal {
	switch s.Rank {
	case Forced:
		return os.Interrupt
	case Interrupted:
		return syscall.Signal(s.Code - 128)
	}
	return nil
}

// A Worst is the worst status so far. The zero Worst is that everything is well.
// It takes no lock, so that it can be read by whoever ends the process.
type Worst struct{ packed atomic.Uint64 }

// Raise makes s the worst status unless there is one that is as bad.
func (w *Worst) Raise(s Status) {
	next := uint64(s.Rank)<<32 | uint64(uint32(s.Code))
	for {
		old := w.packed.Load()
		if old>>32 >= uint64(s.Rank) || w.packed.CompareAndSwap(old, next) {
			return
		}
	}
}

// Status returns the worst status so far.
func (w *Worst) Status() Status {
	packed := w.packed.Load()
	return Status{Rank(packed >> 32), int(uint32(packed))}
}
