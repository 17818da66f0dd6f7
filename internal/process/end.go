// Package process ends the process: with the worst status so far, at the latest
// at the end of the grace, whatever blocks. For that it takes no lock and
// waits for nobody without a bound.
package process

import (
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"github.com/seed7e043c35/lastcall/internal/clock"
	"github.com/seed7e043c35/lastcall/signals"
)

// askFor is how long whoever ends the process waits to be told who is still
// running; half of what is left, if that is less.
const askFor = 10 * time.Millisecond

// An End is the end of the process. Its fields are set before it is armed.
type End struct {
	Clock  *clock.Clock
	Worst  *Worst
	Stderr *Output
	Words  func() string // names what has not ended, a line each; may block

	armed   atomic.Bool
	stopped atomic.Bool
}

// Arm makes the process end at the end of the grace of Clock, which has begun.
// Further calls do nothing.
func (e *End) Arm() {
	if e.armed.CompareAndSwap(false, true) {
		go e.watch() // ends with the process
	}
}

// Stopped says that the stop is over: whatever blocks from now on, a last line or
// a flush, is nothing that had to be ended.
func (e *End) Stopped() { e.stopped.Store(true) }

// Status is that with which the process would end now.
func (e *End) Status() Status {
	if s := e.Worst.Status(); s.Rank > Stuck || e.stopped.Load() {
		return s
	}
	return Status{Stuck, StatusStuck}
}

// watch is the backstop: it ends the process although the stop has not come to
// its end. The machine is too slow, a lock is held, or nobody reads what it says.
func (e *End) watch() {
	e.Clock.Await(nil, clock.Budget.LastWords)
	b := e.Clock.Budget()
	time.AfterFunc(time.Until(b.End()), e.Now) // whatever blocks in what follows
	if e.stopped.Load() {
		return // nothing is still running
	}
	pause := ""
	if b.Paused > 0 {
		pause = fmt.Sprintf(", after a pause of %v", b.Paused.Round(time.Millisecond))
	}
	e.Stderr.Write(fmt.Sprintf("shutdown: the grace of %v is used up%s; exiting with status %d\n%s",
		b.Grace, pause, e.Status().Code, e.ask(min(askFor, time.Until(b.End())/2))), time.Until(b.End()))
	e.Now()
}

// ask returns who is still running, if somebody says so in time.
func (e *End) ask(patience time.Duration) string {
	answer := make(chan string, 1) // buffered: it may come too late
	go func() { answer <- e.Words() }()
	select {
	case text := <-answer:
		return text
	case <-time.After(patience):
		return "shutdown: what is still running could not be found out\n"
	}
}

// Now ends the process. It dies by the signal that its status says, where that is
// possible; see [signals.Raise].
func (e *End) Now() { Exit(e.Status()) }

// Exit ends the process with s.
func Exit(s Status) {
	if sig := s.Signal(); sig != nil {
		signals.Raise(sig)
	}
	os.Exit(s.Code)
}
