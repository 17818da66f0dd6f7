package shutdowntest

import (
	"os"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// An Option says under which circumstances [Run] and [Start] run a function, and
// [Exec] a program.
type Option func(*plan)

// Grace sets the manager's Grace. Without it, it is [shutdown.DefaultGrace]. A
// program of [Exec] is told by SHUTDOWN_GRACE.
func Grace(d time.Duration) Option {
	return func(p *plan) { p.manager.Grace = d }
}

// Drain sets the manager's Drain. Without it there is none. A program of [Exec] is
// told by SHUTDOWN_DRAIN.
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
	return func(p *plan) {
		p.moments = append(p.moments, moment{at, sig, func(m *shutdown.Manager) { m.Signal(sig) }})
	}
}

// Env adds variables ("NAME=value") to the environment of a program of [Exec],
// whichever that is: the last value of a name counts. What Exec would take out of the test's own
// it leaves if it is given here. [Run] and [Start] take no notice.
func Env(variables ...string) Option {
	return func(p *plan) { p.env = append(p.env, variables...) }
}

// Terminal lets [Exec] start the program on a terminal of its own: it is the
// program's controlling terminal, and its standard input, output and error
// where cmd leaves these open. A test that asks for one is skipped where there are
// none, which is everywhere but on Linux. [Run] and [Start] take no notice.
func Terminal() Option { return func(p *plan) { p.terminal = true } }

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
	return func(p *plan) { p.moments = append(p.moments, moment{at, nil, do}) }
}
