package shutdown_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed7e043c35/lastcall/resource"
	"github.com/seed7e043c35/lastcall/shutdown"
)

// A trial is a program being run, and what is seen of it.
type trial struct {
	*stop
	t         *testing.T
	want      expectation
	endParent context.CancelFunc
	release   chan struct{}      // closed when what is stuck may go
	owned     sync.Map           // by part: the handle of its owner
	contexts  sync.Map           // by part: the context that it has
	managers  sync.Map           // by part: the manager that it runs
	started   map[*part][]string // by what runs a manager: what started in that, as observed; guarded by mu
}

// A handle is what the owner of a finalizer or of a resource has.
type handle struct {
	unregister func() bool
	run        func()
}

func runTrial(t *testing.T, p program) {
	parent, endParent := context.WithCancel(context.Background())
	tr := &trial{stop: newStop(), t: t, want: p.expect(), endParent: endParent, release: make(chan struct{}), started: make(map[*part][]string)}
	if tr.want.race {
		return // either may be first
	}
	tr.Drain = p.drain
	tr.watch(tr.Manager, nil)
	defer func() {
		if t.Failed() {
			t.Logf("program:\n%v", p)
		}
		endParent()
		close(tr.release)
		time.Sleep(time.Minute) // until whatever is late has ended
		tr.owned.Clear()        // not before: a resource whose handle is garbage is another matter
		tr.contexts.Clear()
	}()

	begin := sync.OnceFunc(func() { tr.begin(parent) })
	for _, s := range p.steps {
		if s.at > 0 {
			begin()
			time.Sleep(time.Until(tr.began.Add(s.at)))
			synctest.Wait()
			tr.look(s)
		}
		tr.perform(s)
		synctest.Wait()
	}
	<-tr.result
	time.Sleep(time.Minute) // until what came too late for the stop has had its turn
	tr.compareTurns()
}

// watch notes what starts in the manager that house runs.
func (tr *trial) watch(m *shutdown.Manager, house *part) {
	m.Observe(func(e shutdown.Event) {
		if e.Type == shutdown.EventStarted {
			tr.mu.Lock()
			defer tr.mu.Unlock()
			tr.started[house] = append(tr.started[house], e.Component.Name)
		}
	})
}

// begin calls Run in a goroutine of its own, which compares what came of it.
func (tr *trial) begin(parent context.Context) {
	tr.began = time.Now()
	go func() { // ends with Run
		err := tr.Run(parent)
		tr.mark("Run")
		tr.compare(tr.Manager, nil, err)
		tr.result <- err
	}()
	synctest.Wait()
}

// look compares how things stand before s with how they should.
func (tr *trial) look(s *step) {
	got := moment{tr.State(), tr.WorkContext().Err() != nil, tr.Report().Pending}
	if want := tr.want.before[s]; got != want {
		tr.t.Errorf("at %v: %+v, want %+v", s.at, got, want)
	}
}

// perform does what s says.
func (tr *trial) perform(s *step) {
	if tr.want.skipped[s] {
		return
	}
	owned, ok := tr.owned.Load(s.part)
	switch s.act {
	case add:
		ok = tr.add(s.part)
	case unregister:
		ok = ok && owned.(handle).unregister()
	case runAhead:
		if ok {
			go func() { // ends at the latest when what is stuck may go
				defer recoverFrom(s.part)
				owned.(handle).run()
			}()
		}
		return // the marks show whether it was run
	case stopAll:
		tr.Stop(s.err)
	case sendSignal:
		tr.Signal(s.signal)
	case endParent:
		tr.endParent()
	}
	if want := tr.want.done[s]; (s.act == add || s.act == unregister) && ok != want {
		tr.t.Errorf("at %v: %v %q: %v, want %v", time.Since(tr.began), s.act, s.part.name, ok, want)
	}
}

// recoverFrom recovers from the panic of p.
func recoverFrom(p *part) {
	if p.does == panics {
		_ = recover()
	}
}

// add adds p to the manager and reports whether it was accepted.
func (tr *trial) add(p *part) bool {
	m := tr.managerOf(p)
	switch p.kind {
	case shutdown.KindActor:
		tr.addActor(m, p)
	case shutdown.KindHold:
		release, err := m.Hold(p.name)
		if err != nil {
			return false
		}
		go func() { // ends at the latest when what is stuck may go
			tr.whenTold(m.Context(), p)
			if _ = tr.behave(context.Background(), p); p.does != sticks {
				release()
			}
		}()
	case shutdown.KindService:
		m.Keep(p.name, func(ctx context.Context) error {
			tr.open(ctx, p)
			if tr.whenTold(ctx, p) {
				tr.mark(p.name)
			}
			return tr.work(ctx, p)
		}, bound(p)...)
	case shutdown.KindScope:
		tr.addScope(p)
	case shutdown.KindFinalizer:
		if p.into != nil {
			shutdown.Finally(tr.contextOf(p), p.name, tr.turn(p))
			break
		}
		f := m.Register(p.name, tr.turn(p), bound(p)...)
		tr.owned.Store(p, handle{f.Unregister, func() { _ = f.Run(context.Background()) }})
	case shutdown.KindResource:
		tr.addResource(p)
	}
	return true
}

// managerOf returns the manager that p is a part of.
func (tr *trial) managerOf(p *part) *shutdown.Manager {
	if m, ok := tr.managers.Load(p.of); ok {
		return m.(*shutdown.Manager)
	}
	return tr.Manager
}

// work is what a part does whose context is ctx.
func (tr *trial) work(ctx context.Context, p *part) error {
	if p.grace > 0 {
		return tr.manage(ctx, p)
	}
	return tr.behave(shutdown.Work(ctx), p)
}

// manage is p running a manager of its own.
func (tr *trial) manage(ctx context.Context, p *part) error {
	m := &shutdown.Manager{Grace: p.grace, Signals: noSignals, Logger: tr.Logger}
	tr.managers.Store(p, m)
	tr.watch(m, p)
	for _, k := range p.inside {
		tr.add(k)
	}
	err := m.Run(ctx)
	tr.compare(m, p, err)
	return err
}

func (tr *trial) addActor(m *shutdown.Manager, p *part) {
	if !p.variant {
		m.Go(p.name, func(ctx context.Context) error {
			tr.whenTold(ctx, p)
			return tr.work(ctx, p)
		})
		return
	}
	told, tell := context.WithCancel(context.Background())
	m.Add(p.name, func() error {
		tr.whenTold(told, p)
		return tr.behave(context.Background(), p)
	}, func(error) { tell() })
}

func (tr *trial) addScope(p *part) {
	open := shutdown.Scope
	if p.variant {
		open = shutdown.Construct
	}
	opened := make(chan struct{})
	go func() { // ends at the latest when what is stuck may go
		defer recoverFrom(p)
		_ = open(tr.contextOf(p), p.name, func(ctx context.Context) error {
			tr.open(ctx, p)
			close(opened)
			tr.whenTold(ctx, p)
			return tr.work(ctx, p)
		})
	}()
	<-opened
}

// open registers what the scope or service p keeps.
func (tr *trial) open(ctx context.Context, p *part) {
	tr.contexts.Store(p, ctx)
	for _, k := range p.keeps[:tr.want.keeps[p]] {
		shutdown.Finally(ctx, k.name, tr.turn(k))
	}
}

// contextOf returns the context in which p is added.
func (tr *trial) contextOf(p *part) context.Context {
	if around, ok := tr.contexts.Load(p.into); ok {
		return around.(context.Context)
	}
	return tr.Context()
}

func (tr *trial) addResource(p *part) {
	if p.variant {
		r := new(ensured)
		f := resource.Ensure(tr.Context(), r, tr.turn(p))
		tr.owned.Store(p, handle{f.Unregister, func() { r.closed.Store(true) }})
		return
	}
	h := resource.Track(tr.Context(), p.name, p, tr.turn(p))
	tr.owned.Store(p, handle{run: func() { _ = h.Close() }})
}

// An ensured resource says whether its owner has closed it.
type ensured struct{ closed atomic.Bool }

func (e *ensured) IsClosed() bool { return e.closed.Load() }

// turn is p as a finalizer.
func (tr *trial) turn(p *part) func(context.Context) error {
	return func(ctx context.Context) error {
		tr.mark(p.name)
		tr.contexts.Store(p, ctx)
		for _, s := range p.then {
			tr.perform(s)
		}
		if p.grace > 0 {
			return tr.manage(ctx, p)
		}
		return tr.behave(ctx, p)
	}
}

func bound(p *part) []shutdown.FinalizerOption {
	if p.within == 0 {
		return nil
	}
	return []shutdown.FinalizerOption{shutdown.Within(p.within)}
}

// whenTold waits for ctx unless p does not, and reports whether it has waited.
func (tr *trial) whenTold(ctx context.Context, p *part) bool {
	if !p.early {
		<-ctx.Done()
	}
	return !p.early
}

// failure is the error with which p fails.
func (tr *trial) failure(p *part) error {
	switch p.hostile {
	case "panics":
		return errorThat{func() { panic(p.name) }}
	case "leaves":
		return errorThat{runtime.Goexit}
	case "asks the manager":
		return errorThat{func() { tr.askManager() }}
	case "blocks":
		return errorThat{func() { <-tr.release }}
	}
	return errors.New(p.name)
}

// askManager calls what takes the manager's lock.
func (tr *trial) askManager() {
	tr.Report()
	if release, err := tr.Hold("for a moment"); err == nil {
		release()
	}
}

// behave does what p does.
func (tr *trial) behave(ctx context.Context, p *part) error {
	switch p.does {
	case obeys:
		select {
		case <-ctx.Done():
			switch p.says {
			case "why":
				return context.Cause(ctx)
			case "that a context was cancelled":
				return context.Canceled
			case "something of its own":
				return errors.New(p.name)
			}
		case <-tr.release: // an owner's context need not end
		}
		return nil
	case sticks:
		<-tr.release
		return nil
	}
	time.Sleep(p.takes)
	switch p.does {
	case fails:
		return tr.failure(p)
	case panics:
		panic(p.name)
	case exits:
		runtime.Goexit()
	}
	return nil
}
