package shutdown

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
)

var (
	process    = ready()   // the process's own manager
	mainCalled atomic.Bool // Main may be called once
	exitOnce   sync.Once   // guards the end of a process without Main
)

// Default returns the process's own manager: the one of [Main], [Register] and
// [Exit], and of every context that belongs to no other. It lives as long as
// the process. Its fields are to be set before Main.
func Default() *Manager { return process }

// ready returns a manager with its channels made. Those of the process's own
// must not be made when they are first needed: that may be in a test's bubble
// (testing/synctest), outside of which they would be of no use.
func ready() *Manager {
	m := new(Manager)
	m.init()
	m.ctx.Done() // made by context at the first call
	m.work.Done()
	return m
}

// Register registers fn with the process's own manager; see
// [Manager.Register]. It may be called from any package, init functions
// included.
func Register[F Func](name string, fn F, opts ...FinalizerOption) *Finalizer {
	must(fn != nil, "Register", name, nilFunc)
	return Default().register(nil, name, fn, callSite(), opts)
}

// Main runs the process's own manager with run as an actor, and ends the
// process. It is meant to be the only line of main:
//
//	func main() { shutdown.Main(run) }
//
// The manager's Grace and Drain are overridden by SHUTDOWN_GRACE and
// SHUTDOWN_DRAIN, Go durations. Signals are received before the first line of
// run and until the process has ended. Whatever hangs, the process is gone
// within the grace.
//
// The exit status is that of [ExitCode], except that the process dies by the
// signal if run returned its context's error, or the cause, after a signal and
// nothing failed: run says that it was cut short, and who waits for the
// process should know. It dies by SIGINT if forced by a second Ctrl-C. Where
// it cannot die by a signal (see [signals.Raise]) the status is 128 plus the
// signal's number.
//
// Main never returns. It panics if run is nil and if it is called twice.
func Main(run func(ctx context.Context) error) {
	must(run != nil, "Main", "run", nilFunc)
	if !mainCalled.CompareAndSwap(false, true) {
		panic("shutdown: Main called twice, or from inside its run")
	}
	m := Default()
	out := duplicateStderr()
	m.lock()
	m.process, m.stderr = true, out.file
	m.atStop = func(b budget) {
		time.AfterFunc(time.Until(b.lastWords()), func() { m.whenDue(budget.lastWords, func() { m.backstop(out) }) })
	}
	m.mu.Unlock()
	if err := m.configure(os.Getenv); err != nil {
		m.refuse(out, err)
	}
	zerolog.FatalExitFunc = func() {
		out.restore() // zerolog closes its writer first, which may be standard error
		Exit(statusFailed)
	}
	go m.endWhenAborted()

	a := m.newActor(component{KindActor, entryName, callSite()}, run)
	a.entry = true
	m.add(a)
	err := m.Run(context.Background())
	if err == ErrRunTwice {
		panic("shutdown: Main after Run of the process's own manager, or after Exit")
	}
	printPanics(out, err, m.currentBudget().lastWords())
	m.ending(err).exit()
}

// entryName is the name of the actor that Main makes of its run.
const entryName = "run"

// backstop ends the process at the end of the grace, although the stop has not
// come to its end: the machine is too slow, or nobody reads what it says. It
// names whatever has not ended.
func (m *Manager) backstop(out *errorOutput) {
	b := m.currentBudget()
	ending := m.ending(m.resultAtEnd())
	exit := time.AfterFunc(time.Until(b.end()), ending.exit) // whatever blocks in what follows
	defer ending.exit()
	defer exit.Stop()
	out.write(fmt.Sprintf("shutdown: the grace of %v is used up; exiting with status %d\n%s",
		b.grace, ending.status, m.unfinished()), time.Until(b.end()))
	printPanics(out, m.result(), b.end())
}

// unfinished names what has not ended, a line each.
func (m *Manager) unfinished() string {
	m.lock()
	defer m.mu.Unlock()
	var text strings.Builder
	left := unfinishedNamed
	name := func(how string, c component) {
		fmt.Fprintf(&text, "shutdown: %s: %v\n", how, c.public())
		left--
	}
	stuck := m.stuckLocked()
	for _, t := range stuck[:min(left, len(stuck))] {
		name("still running", t.component)
	}
	for f := m.list.newest; f != nil && left > 0; f = f.older {
		name("not started", f.component())
	}
	if more := len(stuck) + m.list.len - unfinishedNamed; more > 0 {
		fmt.Fprintf(&text, "shutdown: and %d more\n", more)
	}
	return text.String()
}

// unfinishedNamed is how many components the last words of the process name.
const unfinishedNamed = 100

// resultAtEnd is Run's result when there is no more time for Run to return it:
// something is stuck, unless the stop is over and only the saying of it is slow.
func (m *Manager) resultAtEnd() error {
	if m.State() == Stopped {
		return m.result()
	}
	return errors.Join(m.result(), &StuckError{Component: Component{Kind: KindActor, Name: "shutdown"}})
}

// endWhenAborted ends the process at once when a third Ctrl-C asks for that.
func (m *Manager) endWhenAborted() {
	<-m.aborted
	ending{statusForced, os.Interrupt}.exit()
}

// refuse ends a process whose settings make no sense, before run. What has been
// registered by then runs all the same.
func (m *Manager) refuse(out *errorOutput, err error) {
	out.write(err.Error()+"\n", time.Second)
	if m.dropActors() {
		silent := zerolog.Nop()
		m.Grace, m.Drain, m.Signals, m.Logger = 0, 0, nil, &silent
		m.Stop(err)
		_ = m.Run(context.Background())
	}
	os.Exit(statusRefused)
}

// dropActors forgets the actors and services that wait for Run, and reports
// whether anything else is registered.
func (m *Manager) dropActors() (more bool) {
	m.lock()
	defer m.mu.Unlock()
	m.queued = nil
	for _, s := range m.services {
		m.list.remove(s.finalizer)
	}
	m.services = nil
	return m.list.newest != nil
}

// printPanics prints the panics in err as Go would have printed them, but not
// beyond the deadline.
func printPanics(out *errorOutput, err error, deadline time.Time) {
	walk(err, func(err error) {
		if p, ok := err.(*PanicError); ok {
			out.write(p.crash(), time.Until(deadline))
		}
	})
}

// Exit is like os.Exit with the stop before it: it asks for the stop of the
// process's own manager and ends the calling goroutine, running its deferred
// calls, wherever that is. It never returns.
//
// The exit status is code, if that is not 0 and nothing worse happens (see
// [ExitCode]). A code outside 0…255 becomes 1. Without a running [Main], Exit
// runs what has been registered, within the grace, and ends the process.
func Exit(code int) {
	m := Default()
	m.lock()
	m.exiting[goroutineID()] = true
	m.mu.Unlock()
	code = validStatus(code)
	m.request(&ExitError{code}, code == 0)
	if !mainCalled.Load() {
		exitOnce.Do(func() { go m.exitWithoutMain() })
	}
	runtime.Goexit()
}

// unlessExit is err, or nil if that is the Goexit of a goroutine that called
// Exit, which is the calling one.
func (m *Manager) unlessExit(err error) error {
	m.lock()
	defer m.mu.Unlock()
	if m.exitsLocked(err) {
		return nil
	}
	return err
}

// exitsLocked reports whether err is the Goexit of a goroutine that called
// Exit, which is the calling one.
func (m *Manager) exitsLocked(err error) bool {
	return err == errGoexit && m.exiting[goroutineID()]
}

// exitWithoutMain runs what has been registered with the process's own manager
// and ends the process. If the program runs that manager itself, it only waits
// for the end of that.
func (m *Manager) exitWithoutMain() {
	if m.check() != nil {
		m.Grace, m.Drain, m.Signals = 0, 0, nil
	}
	time.AfterFunc(m.grace(), func() {
		m.whenDue(budget.end, func() { m.ending(m.resultAtEnd()).exit() })
	})
	m.lock()
	ran := m.ran
	m.mu.Unlock()
	if !ran {
		m.dropActors()
	}
	err := m.Run(context.Background())
	if err == ErrRunTwice {
		<-m.done
		err = m.result()
	}
	printPanics(duplicateStderr(), err, m.currentBudget().lastWords())
	m.ending(err).exit()
}
