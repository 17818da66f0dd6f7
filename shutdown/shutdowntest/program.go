package shutdowntest

import (
	"context"
	"errors"
	"os"
	"runtime/pprof"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// A Program is a run function that [Start] has started. Its methods may be
// called from any goroutine; those that can fail the test, like all that do,
// should be called from the test's own.
type Program struct {
	t    testing.TB
	plan *plan
	id   string        // the label of its goroutines
	done chan struct{} // closed when the stop is complete and res is valid
	res  *Result

	judged atomic.Bool // the test has been given res
}

// Start runs run as [shutdown.Main] would, in real time, in goroutines of the
// test's process, and returns at once. It is for code that [Run] cannot hold:
// with sockets, files, child processes.
//
//	p := shutdowntest.Start(t, run)
//	p.Port("127.0.0.1:8080")
//	p.Signal(syscall.SIGTERM)
//	p.Wait().Clean()
//
// The context that run gets belongs to a [shutdown.Manager] of the program's
// own. No environment variable is read, no signal of the operating system is
// received, and no other program in the same process is touched: tests with Start
// may be parallel. The options are those of Run, in real time.
//
// When the test ends, a program that still runs is stopped, as by Stop; one of
// which something is stuck at the end of its grace fails the test, with the
// stacks. So does whatever failed or panicked of one whose Result the test has not
// asked for, and what was registered with [shutdown.Default] meanwhile, which nobody
// runs in a test. What the manager logs goes to t's log.
func Start(t testing.TB, run func(ctx context.Context) error, opts ...Option) *Program {
	t.Helper()
	if run == nil {
		panic("shutdowntest: Start: the function is nil")
	}
	plan := planOf(opts)
	log := newLog(t)
	plan.manager.Logger = log.logger()
	p := &Program{t: t, plan: plan, id: strconv.FormatInt(programs.Add(1), 10), done: make(chan struct{}), res: &Result{t: t}}
	plan.prepare(func(ctx context.Context) error {
		pprof.SetGoroutineLabels(pprof.WithLabels(ctx, p.labels())) // those of an actor are made before Run has a context
		return run(ctx)
	})
	before := queued()
	end := plan.begin(nil)
	go p.run(before, end) // ends with the stop
	t.Cleanup(func() { p.finish(); log.close() })
	return p
}

var programs atomic.Int64

// programLabel is the label by which the goroutines of a program are found.
const programLabel = "shutdowntest"

func (p *Program) run(before queue, end func()) {
	defer close(p.done)
	p.res.Err = p.plan.manager.Run(pprof.WithLabels(context.Background(), p.labels()))
	end()
	p.res.Goroutines = p.leftOver()
	p.plan.conclude(p.res, before)
}

func (p *Program) labels() pprof.LabelSet { return pprof.Labels(programLabel, p.id) }

// leftOver returns the stacks of the goroutines that the program has started and
// that are still there when those that are just ending have had a moment for it.
func (p *Program) leftOver() (stacks []string) {
	over := time.Now().Add(slack)
	for stacks = p.stacks(); len(stacks) > 0 && time.Now().Before(over); stacks = p.stacks() {
		<-time.After(slack / 25)
	}
	return stacks
}

func (p *Program) stacks() []string { return labelled(programLabel, p.id) }

// Manager returns the program's manager: to look at it in the middle of a stop,
// to register what main would have, or to ask for a stop with a cause.
func (p *Program) Manager() *shutdown.Manager { return &p.plan.manager }

// Signal is to the program as if the operating system had sent sig. It returns
// at once.
func (p *Program) Signal(sig os.Signal) {
	p.t.Helper()
	if sig == nil {
		panic("shutdowntest: Signal: nil signal")
	}
	p.plan.manager.Signal(sig)
}

// Stop asks for a stop that is no failure and waits for its end.
func (p *Program) Stop() *Result {
	p.t.Helper()
	p.plan.manager.Stop(nil)
	return p.Wait()
}

// Wait waits until the program has stopped, for whatever cause, and returns how
// it ended: always the same Result. It ends the test when the time for all
// tests is nearly up.
func (p *Program) Wait() *Result {
	p.t.Helper()
	p.judged.Store(true)
	ctx, cancel := patience(p.t)
	defer cancel()
	select {
	case <-p.done:
	case <-ctx.Done():
		p.t.Fatalf("the program has not been stopped, and the time for all tests is nearly up; its goroutines:\n%s", p.stacks())
	}
	return p.res
}

// Port is like [Process.Port]: it waits until connections are accepted at addr.
func (p *Program) Port(addr string) {
	p.t.Helper()
	ctx, cancel := patience(p.t)
	defer cancel()
	if err := accepts(ctx, addr, p.done); err != nil {
		p.t.Fatalf("the program does not listen at %s: %v%s", addr, err, p.why())
	}
}

// why says why the program has ended, if it has and that is an error.
func (p *Program) why() string {
	if !isClosed(p.done) || p.res.Err == nil {
		return ""
	}
	return ": " + p.res.Err.Error()
}

// finish stops the program when the test is over.
func (p *Program) finish() {
	p.plan.manager.Stop(nil)
	select {
	case <-p.done: // at the latest when the grace is over
	case <-time.After(timeLeft(p.t)):
		p.t.Errorf("the program does not end, and the time for all tests is nearly up; its goroutines:\n%s", p.stacks())
		return
	}
	for _, err := range p.res.failures() {
		if stuck := (*shutdown.StuckError)(nil); errors.As(err, &stuck) || !p.judged.Load() {
			p.t.Errorf("%s", detailed(err))
		}
	}
	p.res.nothingMisplaced()
}

// Context returns a context that belongs to a manager of the test's own, for
// code that wants one to register with: constructors that call
// [shutdown.Finally], [shutdown.Scope] or package resource. With t.Context() what
// they register would pile up on the process's own manager, [shutdown.Default],
// which no test runs.
//
// When the test ends, the context is cancelled and what was registered is run,
// newest first, in real time within the default grace. What fails or is stuck
// fails the test, and so does what was registered with Default all the same. In a bubble of [testing/synctest] time is the bubble's.
func Context(t testing.TB) context.Context {
	t.Helper()
	running := make(chan context.Context, 1)
	Start(t, func(ctx context.Context) error {
		running <- ctx
		<-ctx.Done()
		return nil
	})
	return <-running
}
