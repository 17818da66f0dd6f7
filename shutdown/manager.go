package shutdown

import (
	"context"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/seed7e043c35/lastcall/signals"
)

// A Manager runs actors until there is a cause to stop, and then ends what was
// registered with it, in order and within Grace. It is configured by its
// fields, which must not change from Run on. The zero Manager is ready to use.
// All methods may be called from any goroutine at any time. A Manager must not
// be copied.
type Manager struct {
	// Grace bounds the whole stop, from the first cause to the end. 0 means
	// DefaultGrace. Less than a second is honoured, but too short to be kind.
	// Time in which the process is stopped or frozen does not count.
	Grace time.Duration

	// Drain is how long, after SIGTERM, the program goes on serving while it
	// is not ready any more, so that load balancers can turn away from it. It
	// is part of Grace and at most half of it. 0 means no drain.
	Drain time.Duration

	// Signals are those that ask for a stop; nil means signals.Termination().
	// Those that the process was started with ignored are left alone. Empty
	// but not nil means that no signal is touched at all, not even SIGPIPE.
	Signals []os.Signal

	// Logger receives what happens, from a goroutine of its own. Nil means one
	// on standard error: for people on a terminal, JSON otherwise.
	Logger *zerolog.Logger

	mu sync.Mutex

	// guarded by mu
	state      State
	ran        bool           // Run has been called
	cause      error          // of the stop; nil before
	asked      bool           // the cause is a wish, not a failure
	budget     budget         // of the stop; zero before
	repeat     signals.Repeat // tells a second Ctrl-C from an echo of the first
	list       list
	queued     []*actor   // given before Run
	services   []*service // the same
	live       int        // actors that are not over
	holds      holds
	actorsOver bool               // actors and holds are not waited for any more
	tasks      map[*task]struct{} // what could be stuck
	exiting    map[uint64]bool    // the goroutines that left by Exit
	runCut     bool               // Main's run says that it was cut short
	ledger     ledger
	stacks     map[uint64]string // of what was stuck when it was last looked at; see stacksOf
	looking    bool              // a goroutine is looking for them
	reminders  []*time.Timer
	pulse      *time.Timer  // nil before the stop
	lastBeat   time.Time    // of the pulse, or since when the process is known to run
	unguard    func()       // gives SIGPIPE back; nil while it is not taken
	atStop     func(budget) // if not nil: called when the stop begins

	// made by init; the channels are closed under mu
	draining  chan struct{} // closed by the first cause
	abandoned chan struct{} // closed when actors and holds are left behind
	quiet     chan struct{} // closed when there are none any more
	forced    chan struct{} // closed by a second Ctrl-C
	aborted   chan struct{} // closed by a third
	done      chan struct{} // closed when Stopped is entered
	ctx, work *rootContext
	closing   *taskContext            // of a resource that its owner closes: it does not end
	cancel    context.CancelCauseFunc // ends ctx
	endWork   context.CancelCauseFunc // ends work
	parent    atomic.Pointer[context.Context]

	stream  stream
	detail  atomic.Bool // somebody listens who wants to hear of every success
	stderr  *os.File    // if not nil: where the default logger writes
	process bool        // Main runs it: signals are not given back
}

// lock locks m.mu. Every method begins with it, the first of them with a zero
// Manager.
func (m *Manager) lock() {
	m.mu.Lock()
	if m.done == nil {
		m.init()
	}
}

func (m *Manager) init() {
	m.draining, m.abandoned, m.quiet = make(chan struct{}), make(chan struct{}), make(chan struct{})
	m.forced, m.aborted, m.done = make(chan struct{}), make(chan struct{}), make(chan struct{})
	m.tasks = make(map[*task]struct{})
	m.exiting = make(map[uint64]bool)
	h := &holder{manager: m}
	m.ctx, m.cancel = newRootContext(h, &m.parent)
	m.work, m.endWork = newRootContext(h, &m.parent)
	h.work = m.work
	m.closing = m.taskContext(context.Background(), context.WithoutCancel(m.ctx), nil)
	m.stream.listen(newLog(m).event)
}

// Run runs the actors, waits for a cause to stop, and stops. It returns when
// the stop is complete, at the latest Grace after the first cause, with what
// is stuck still running.
//
// Run returns nil if the stop was asked for (by a signal, Stop(nil), the end
// of ctx, or an actor that returned nil) and nothing failed. Otherwise it
// returns the cause and every failure, joined: *[ActorError], *[FinalizerError],
// *[PanicError], *[StuckError] and so on, in the order in which they happened.
// If the settings contradict each other it returns an error that says so at
// once, and may be called again. After that a second call returns
// [ErrRunTwice].
//
// Actors that were given before are started by Run; without any it waits for a
// cause. If the stop has been asked for already, or ctx has ended, everything
// is started with its context cancelled, and stopped.
func (m *Manager) Run(ctx context.Context) error {
	if err := m.prepare(ctx); err != nil {
		return err
	}
	defer m.listen()() // before anybody can know that the program runs
	m.course(ctx)
	return m.result()
}

// course is the course of a stop, from beginning to end.
func (m *Manager) course(ctx context.Context) {
	// Running: services and actors are started; a cause ends this.
	m.begin()
	m.startServices()
	actors := m.startActors(ctx)
	<-m.draining

	// Draining: only after SIGTERM, and only if Drain is set. Everything still
	// serves; readiness is false.
	m.drain()

	// Stopping: contexts are cancelled, actors interrupted. They and the holds
	// have most of the grace, then a last chance, then they are left behind.
	if !m.await(actors, budget.actors) {
		m.endWork(context.Cause(m.ctx))
		m.await(actors, budget.abandon)
	}
	m.leaveBehind()
	<-actors

	// Finalizing: newest first, one at a time, each started in any case.
	m.enter(Finalizing)
	m.finalize()

	// Stopped: what is left of the grace is for saying what happened.
	m.conclude()
	m.settle()
}

// prepare checks the settings and notes that Run has been called.
func (m *Manager) prepare(ctx context.Context) error {
	if ctx == nil {
		panic("shutdown: Run: nil context")
	}
	m.lock()
	defer m.mu.Unlock()
	if m.ran {
		return ErrRunTwice
	}
	if err := m.check(); err != nil {
		return err
	}
	m.ran = true
	m.parent.Store(&ctx)
	m.detail.Store(m.detail.Load() || m.logsDebug())
	if os.Getenv("JOURNAL_STREAM") != "" { // systemd: a restart of journald breaks our output
		m.guardPipeLocked()
	}
	time.AfterFunc(time.Hour, func() {}).Stop() // a process's first timer takes file descriptors, and a stop may find none left
	if ctx.Err() != nil && m.cause == nil {
		m.cause, m.asked = context.Cause(ctx), true
	}
	return nil
}

// begin enters Running, and Stopping at once if that has been asked for.
func (m *Manager) begin() {
	m.lock()
	defer m.mu.Unlock()
	m.live = len(m.queued)
	m.enterLocked(Running)
	if m.cause != nil {
		m.stopLocked(Stopping)
	}
}

// settle waits, for a short time, until the listeners have heard everything.
func (m *Manager) settle() {
	b := m.currentBudget()
	m.stream.settle(earlier(b.queues(), time.Now().Add(b.grace/settleShare)), m.aborted)
}

// enter makes the next state the current one.
func (m *Manager) enter(s State) {
	m.lock()
	defer m.mu.Unlock()
	m.enterLocked(s)
}

// enterLocked is the one place where the state changes.
func (m *Manager) enterLocked(s State) {
	if s <= m.state {
		return
	}
	m.state = s
	m.ledger.entered[s] = time.Now()
	switch s {
	case Draining:
		closeOnce(m.draining)
	case Stopping:
		closeOnce(m.draining)
		m.ledger.atStop = m.pendingLocked()
		m.cancel(m.cause)
		m.quietLocked()
	case Stopped:
		m.endWork(m.cause)
		m.stopRemindersLocked()
		close(m.done)
	}
	m.emitLocked(Event{Type: EventState, Err: m.cause}, component{})
}
