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
	terminal bool
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
// a program that never ends is no test that never ends. Otherwise it fails the
// test only through the methods of the [Result]. Run panics if run is nil.
func Run(t *testing.T, run func(ctx context.Context) error, opts ...Option) *Result {
	t.Helper()
	if run == nil {
		panic("shutdowntest: Run: the function is nil")
	}
	res := attempt(t, run, opts)
	if res.impatient {
		t.Errorf("nothing asked run to stop within %v after the last moment", unstopped)
	}
	return res
}

func attempt(t *testing.T, run func(ctx context.Context) error, opts []Option) *Result {
	p := planOf(opts)
	res := &Result{t: t}
	inBubble(t, func() (clean bool) {
		log := newLog(t)
		defer log.close()
		p.manager.Logger = log.logger()
		p.run(run, res)
		return len(res.Goroutines) == 0
	})
	return res
}

// inBubble calls fn in the bubble in which its caller is, or else in a new one.
// A new bubble panics if goroutines are left in it; when fn returns false they
// are known already.
func inBubble(t *testing.T, fn func() (clean bool)) {
	if bubbled() {
		fn()
		return
	}
	clean := true
	defer func() {
		if v := recover(); v != nil && clean {
			panic(v)
		}
	}()
	synctest.Test(t, func(*testing.T) { clean = fn() })
}

// bubbled reports whether the caller is in a bubble.
func bubbled() (yes bool) {
	defer func() { yes = recover() == nil }()
	synctest.Wait() // panics outside
	return
}

func (p *plan) run(run func(context.Context) error, res *Result) {
	m := &p.manager
	m.Signals = []os.Signal{} // those of the test binary are not ours
	m.Observe(p.observe)
	p.returned = make(chan error, 1) // made here: it belongs to the bubble
	m.Go("run", func(ctx context.Context) error {
		err := run(ctx)
		p.returned <- err
		return err
	})

	others := goroutines()
	end := p.begin(func() { res.impatient = true; m.Stop(nil) })
	res.Err = m.Run(context.Background())
	end()
	synctest.Wait() // what is about to end has ended, and all is heard that was said

	res.Goroutines = goroutines().without(others)
	res.Report = m.Report()
	res.Events = p.heard()
	res.Status = statusOf(res.Err, res.Report.Cause, p.cutShort())
}

// begin does what is to be done before run and arranges for the rest, and for
// giveUp when nothing more is to come. It returns a function that calls off
// what is left.
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
	timers = append(timers, time.AfterFunc(last+unstopped, giveUp))
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
