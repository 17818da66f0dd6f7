package shutdown

import (
	"context"
	"os"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/seed7e043c35/lastcall/internal/process"
)

// mainCalled says that Main has been called, which may be done once.
var mainCalled atomic.Bool

// Main runs the process's own manager with run as an actor, and ends the
// process. It is meant to be the only line of main:
//
//	func main() { shutdown.Main(run) }
//
// The manager's Grace and Drain are overridden by SHUTDOWN_GRACE and
// SHUTDOWN_DRAIN, Go durations. Signals are received before the first line of
// run and until the process has ended. Whatever hangs, the process is gone
// within the grace. Other managers that run in the process are asked to stop
// as well when Stopping begins, and waited for as actors are.
//
// The exit status is that of [ExitCode], except that the process dies by the
// signal if run returned its context's error, or the cause, after a signal and
// nothing failed: run says that it was interrupted, and who waits for the
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
	if exiting.Load() {
		select {} // Exit has been called already, and ends the process
	}
	m := Default()
	end := m.ownProcess()
	if err := m.configure(os.Getenv); err != nil {
		m.refuse(end.Stderr, err)
	}
	zerolog.FatalExitFunc = func() {
		end.Stderr.Restore() // zerolog closes its writer first, which may be standard error
		Exit(process.StatusFailed)
	}
	a := m.ready().watching(component{KindActor, entryName, callSite()}, run)
	a.entry = true
	m.add(a)
	if err := m.Run(context.Background()); err == ErrRunTwice {
		if exiting.Load() {
			select {}
		}
		panic("shutdown: Main after Run of the process's own manager")
	}
	m.lastLine(end)
	end.Now()
}

// entryName is the name of the actor that Main makes of its run.
const entryName = "run"

// ownProcess makes m the manager of the process, which ends with m's stop.
func (m *Manager) ownProcess() *process.End {
	end := &process.End{Clock: &m.clock, Worst: &m.ledger.worst, Stderr: process.Stderr(), Words: m.lastWords}
	m.lock()
	defer m.mu.Unlock()
	m.process.Store(end)
	processEnd.Store(end)
	if m.clock.Begun() {
		end.Arm()
	}
	return end
}

// lastLine says what is to be said when the log has said everything.
func (m *Manager) lastLine(end *process.End) {
	until := m.clock.Budget().LastWords()
	for _, p := range m.ledger.panics() {
		end.Stderr.Write(p.crash(), time.Until(until))
	}
	m.flush()
}

// refuse ends a process whose settings make no sense, before run. What has been
// registered by then runs all the same.
func (m *Manager) refuse(out *process.Output, err error) {
	out.Write(err.Error()+"\n", time.Second)
	if m.dropActors() {
		m.locked(func() { m.refused = true })
		m.Stop(err)
		_ = m.Run(context.Background())
	}
	process.Exit(process.Status{Rank: process.Exited, Code: process.StatusRefused})
}

// dropActors forgets the actors and services that wait for Run, and reports
// whether anything else is registered.
func (m *Manager) dropActors() (more bool) {
	m.lock()
	defer m.mu.Unlock()
	m.queued = nil
	for _, s := range m.services {
		m.root.list.remove(s.entry)
	}
	m.services = nil
	return m.root.list.newest != nil
}
