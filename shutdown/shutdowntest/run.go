package shutdowntest

import (
	"context"
	"os"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// unstopped is how long, in fake time, run may go on after the last moment of a
// plan without anything asking it to stop.
const unstopped = time.Hour

// A plan is under which circumstances a function is run, and then what came of
// it.
type plan struct {
	manager  shutdown.Manager
	moments  []moment
	env      []string   // of a program
	terminal bool       // of a program: it has one
	returned chan error // what run returned; its capacity is one

	mu     sync.Mutex
	events []shutdown.Event // guarded by mu
}

// A moment is something to do at some time.
type moment struct {
	at  time.Duration
	sig os.Signal // nil if it is something else than a signal
	do  func(*shutdown.Manager)
}

func planOf(opts []Option) *plan {
	p := &plan{}
	for _, opt := range opts {
		opt(p)
	}
	return p
}

// Run runs run as [shutdown.Main] would, in fake time, until the stop is
// complete, and returns how it ended. See the package comment for what run may
// do.
//
// It must be called from the test's goroutine, inside or outside a bubble of
// [synctest.Test]. What the manager logs goes to t's log. If nothing asks for
// a stop, Run does, an hour after the last moment given, and fails the test; so
// a program that never ends is no test that never ends. If the fake clock stands
// still for some seconds of real time, because something in run waits for a socket,
// a file, a process or a lock, Run says what and where that is and ends the test;
// in a bubble of the test's own it panics, since only the end of the process
// ends such a bubble. What was registered with [shutdown.Default], which nobody runs
// in a test, fails the test at its end. Otherwise Run fails it only through the methods
// of the [Result]. Run panics if run is nil.
func Run(t *testing.T, run func(ctx context.Context) error, opts ...Option) *Result {
	t.Helper()
	if run == nil {
		panic("shutdowntest: Run: the function is nil")
	}
	res := attempt(t, run, opts)
	if res.stands != "" {
		t.Fatal(res.stands)
	}
	if res.impatient {
		t.Errorf("nothing asked run to stop within %v after the last moment", unstopped)
	}
	t.Cleanup(res.nothingMisplaced)
	return res
}

func attempt(t *testing.T, run func(ctx context.Context) error, opts []Option) *Result {
	t.Helper()
	p := planOf(opts)
	res := &Result{t: t}
	log := newLog(t)
	defer log.close()
	p.manager.Logger = log.logger()
	stands := inBubble(t, func() (clean bool) {
		p.run(run, res)
		return len(res.Goroutines) == 0
	})
	if stands != "" { // what it left behind may still write to res
		return &Result{t: t, stands: stands}
	}
	return res
}

func (p *plan) run(run func(context.Context) error, res *Result) {
	p.prepare(run)
	others, before := goroutines(), queued()
	end := p.begin(func() { res.impatient = true; p.manager.Stop(nil) })
	res.Err = p.manager.Run(context.Background())
	end()
	synctest.Wait() // what is about to end has ended, and all is heard that was said
	res.Goroutines = goroutines().without(others)
	p.conclude(res, before)
}

// prepare makes the manager ready to run run.
func (p *plan) prepare(run func(context.Context) error) {
	p.manager.Signals = []os.Signal{} // those of the test binary are not ours
	p.manager.Observe(p.observe)
	p.returned = make(chan error, 1) // made here: it belongs to the bubble
	p.manager.Go("run", func(ctx context.Context) error {
		err := run(ctx)
		p.returned <- err
		return err
	})
}

// conclude says in res how the stop has ended.
func (p *plan) conclude(res *Result, before queue) {
	res.Report = p.manager.Report()
	res.Events = p.heard()
	res.Status = statusOf(res.Err, res.Report, p.cutShort())
	res.misplaced = queued().since(before)
}

// begin does what is to be done before run and arranges for the rest, and for
// giveUp, if there is one, when nothing more is to come. It returns a function
// that calls off what is left.
func (p *plan) begin(giveUp func()) (end func()) {
	var timers []*time.Timer
	last := time.Duration(0)
	for _, moment := range p.moments {
		if moment.at <= 0 {
			moment.do(&p.manager)
			continue
		}
		timers = append(timers, time.AfterFunc(moment.at, func() { moment.do(&p.manager) }))
		last = max(last, moment.at)
	}
	if giveUp != nil {
		timers = append(timers, time.AfterFunc(last+unstopped, giveUp))
	}
	return func() {
		for _, timer := range timers {
			timer.Stop()
		}
	}
}

func (p *plan) observe(e shutdown.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.events = append(p.events, e)
}

func (p *plan) heard() []shutdown.Event {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.events)
}

// cutShort reports whether run returned an error. If nothing failed, it can
// only be one that says that run was cut short.
func (p *plan) cutShort() bool {
	select {
	case err := <-p.returned:
		return err != nil
	default:
		return false
	}
}
