package shutdowntest

import (
	"os"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// An Option says under which circumstances [Run] runs a function.
type Option func(*plan)

// Grace sets the manager's Grace. Without it, it is [shutdown.DefaultGrace].
func Grace(d time.Duration) Option {
	return func(p *plan) { p.manager.Grace = d }
}

// Drain sets the manager's Drain. Without it there is none.
func Drain(d time.Duration) Option {
	return func(p *plan) { p.manager.Drain = d }
}

// Signal sends sig when run has been running for the duration at. Several are
// sent in the order of their times; a second SIGINT, half a second or more after
// the first and once the stop has begun, forces it. Signal panics if sig is nil.
func Signal(at time.Duration, sig os.Signal) Option {
	if sig == nil {
		panic("shutdowntest: Signal: nil signal")
	}
	return At(at, func(m *shutdown.Manager) { m.Signal(sig) })
}

// At calls do, in a goroutine of its own, when run has been running for the
// duration at: to ask for a stop in another way, or to look at the program in
// the middle of one. If at is 0 or less, do is called before run is started: to
// register what main would have.
//
// Which of several things that happen at the same instant happens first is not
// defined. Choose odd times. At panics if do is nil.
func At(at time.Duration, do func(m *shutdown.Manager)) Option {
	if do == nil {
		panic("shutdowntest: At: the function is nil")
	}
	return func(p *plan) { p.moments = append(p.moments, moment{at, do}) }
}
