package shutdown

import (
	"context"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/seed7e043c35/lastcall/internal/clock"
	"github.com/seed7e043c35/lastcall/internal/process"
)

// A Manager runs actors until there is a cause to stop, and then ends what was
// registered with it, in order and within Grace. It is configured by its
// fields, which are read once, when Run begins. The zero Manager is ready to
// use. All methods may be called from any goroutine at any time. A Manager must
// not be copied.
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

	// Slog, if it is not nil, receives what happens in place of Logger: the
	// same sentences, levels and fields. Setting both is a contradiction.
	Slog *slog.Logger

	// Quiet is for command-line tools. In place of the log there are plain
	// words on standard error, and those only if there is need: the error of
	// Main's run as "name: what it says", where name is the program's, and what
	// else failed, was slow, is stuck or is being waited for. A stop that goes
	// well within half a second says nothing. A Logger or Slog that is set as
	// well receives every line, for a file.
	Quiet bool

	// Reload, if it is not nil, is called when SIGHUP asks the program to read
	// its configuration again, with the manager's Context. Reloads happen one at
	// a time, and once more if another signal came meanwhile. An error is a line
	// in the log and never a stop; a panic begins the stop. A reload that runs
	// when the stop begins is waited for as a hold is. SIGHUP asks for a stop all
	// the same if it says that the terminal which the program had has been
	// closed. Reload together with SIGHUP in Signals is a contradiction.
	Reload func(ctx context.Context) error

	// Flush, if it is not nil, is called once, after the last line of the log:
	// for a log whose sink keeps lines to itself. It has until G/200 before the
	// end of the grace G. Its error is written to standard error and changes no
	// status; that a terminal or pipe cannot be synced is none.
	Flush func(ctx context.Context) error

	once sync.Once // makes what follows
	engine

	// Read and written without the lock.
	isProcess bool                        // it is the process's own
	process   atomic.Pointer[process.End] // the end of the process; nil unless Main runs the manager
	presses   presses                     // what signals have asked for so far
	reloader  reloader                    // what SIGHUP asks for; made by Run

	// guarded by mu
	ran       bool      // Run has been called
	refused   bool      // the fields contradict themselves: Run does without them
	set       *settings // as they were when Run began; nil before
	overrides overrides // of the environment
	queued    []*actor  // given before Run
	services  []*service
	inner     []*place // of managers that run inside of this one
	outer     *place   // where this one runs inside of another; nil if it does not
	runSite   uintptr  // where Run was called
	around    *Manager // whose context Run was given; guarded by nesting
	unguard   func()   // gives SIGPIPE back; nil while it is not taken
	flushed   bool

	draining chan struct{} // closed by the first cause; made by init, closed under mu
}

// ready returns the engine of m, which is made at the first call: of a zero Manager
// nothing is.
func (m *Manager) ready() *engine {
	m.once.Do(m.init)
	return &m.engine
}

// lock locks m.mu. Every method that needs it begins with it.
func (m *Manager) lock() { m.ready().mu.Lock() }

// locked calls fn, which must not block, with the lock held.
func (m *Manager) locked(fn func()) { m.ready().locked(fn) }

func (m *Manager) init() {
	m.draining = make(chan struct{})
	m.engine.init(m, m)
}

// managerOf returns the manager whose context has h.
func managerOf(h *holder) *Manager { return h.engine.owner.(*Manager) }

// Run runs the actors, waits for a cause to stop, and stops. It returns when
// the stop is complete, at the latest Grace after the first cause, with what
// is stuck still running.
//
// Run returns nil if the stop was asked for (by a signal, Stop(nil), the end
// of ctx, or an actor that returned nil) and nothing failed. Otherwise it
// returns every failure, joined: *[ActorError], *[FinalizerError],
// *[PanicError], *[StuckError], *[CutError] and so on, at most a thousand, in the
// order in which they happened. The cause is among them only if it is one: what
// asked for the stop hides no failure from who looks for context.Canceled or
// oklog/run's ErrSignal. If the settings contradict each other it returns an
// error that says so at once, and may be called again. After that a second
// call returns [ErrRunTwice].
//
// Actors that were given before are started by Run; without any it waits for a
// cause. If the stop has been asked for already, or ctx has ended, everything
// is started with its context cancelled, and stopped.
//
// If ctx was handed out by another manager, or derived from such a context, the
// manager runs inside of that one: it takes no signals and has no drain, is
// told to stop by ctx, forced when the other is, and its grace is at most what
// that leaves to it. The one around waits for it in its place, as for a scope,
// whoever has called Run; what Run returns is its caller's. Ctx must not come
// from m itself. Run panics if ctx is nil.
func (m *Manager) Run(ctx context.Context) error {
	if ctx == nil {
		panic("shutdown: Run: nil context")
	}
	outer := m.outerOf(ctx)
	if err := m.prepare(ctx, outer, callSite()); err != nil {
		return err
	}
	out, main := m.output()
	m.ledger.startLog(m.set, out, main)
	defer m.join(ctx, outer)() // left after the signals were given back
	defer m.listen()()         // before anybody can know that the program runs
	m.course(ctx)
	return m.ledger.result()
}

// output returns the manager's standard error, and whether Main runs it. A process that
// has a duplicate of its own writes to that: zerolog's Fatal closes os.Stderr.
func (m *Manager) output() (out *os.File, main bool) {
	if end := m.process.Load(); end != nil {
		return end.Stderr.File, true
	}
	if end := processEnd.Load(); end != nil {
		return end.Stderr.File, false
	}
	return os.Stderr, false
}

// processEnd is the end of the process, once somebody has made it.
var processEnd atomic.Pointer[process.End]

var errOwnContext = &settingsError{"Run: the context comes from the manager itself"}

// course is the course of a stop, from beginning to end.
func (m *Manager) course(ctx context.Context) {
	// Running: services and actors are started; a cause ends this.
	m.begin(ctx)
	m.startServices()
	actors := m.startActors(m.queued)
	go m.watch(ctx) // ends with ctx, or when Stopping begins
	<-m.draining

	// Draining: only after SIGTERM, and only if Drain is set. Everything still
	// serves; readiness is false.
	m.drain()

	// Stopping: contexts are cancelled, actors interrupted. They and the holds
	// have most of the grace, then their work is cut and they have a last
	// chance, then they are left behind.
	if !m.clock.Await(actors, clock.Budget.Actors) {
		m.cutWork(ErrCut)
		m.clock.Await(actors, clock.Budget.Abandon)
	}
	m.leaveBehind()
	<-actors

	// Finalizing: newest first, one at a time, each started in any case.
	m.enter(Finalizing)
	m.finalize()
	m.awaitInner()

	// Stopped: what is left of the grace is for saying what happened.
	m.conclude(func() { m.enterLocked(Stopped) })
	m.settle()
}

// prepare checks the settings and notes that Run has been called.
func (m *Manager) prepare(ctx context.Context, outer *holder, site uintptr) error {
	if m.hasRun() {
		return ErrRunTwice
	}
	if ctx.Value(rootKey{m.ready()}) != nil {
		return errOwnContext
	}
	own := ownHolderOf(ctx)
	around := scopesAround(own, m.ready())
	m.lock()
	defer m.mu.Unlock()
	if m.ran {
		return ErrRunTwice
	}
	set, err := m.settingsLocked()
	if err != nil {
		return err
	}
	if outer != nil {
		set = set.inside()
	}
	if own != nil && own.engine != &m.engine && !m.liesIn(managerOf(own)) {
		return errOwnContext
	}
	m.ran, m.set, m.runSite = true, &set, site
	m.ledger.drain = set.drain
	m.reloader = reloader{engine: &m.engine, reload: set.reload, terminal: set.terminal}
	m.parent.Store(&ctx)
	m.letRunLocked(&m.root.list, around)
	if set.note != "" {
		m.ledger.emit(Event{Type: EventNotice, Err: notice(set.note)}, component{})
	}
	if os.Getenv("JOURNAL_STREAM") != "" { // systemd: a restart of journald breaks our output
		m.guardPipeLocked()
	}
	time.AfterFunc(time.Hour, func() {}).Stop() // a process's first timer takes file descriptors, and a stop may find none left
	return nil
}

func (m *Manager) hasRun() bool {
	m.lock()
	defer m.mu.Unlock()
	return m.ran
}

// begin enters Running, and Stopping at once if that has been asked for.
func (m *Manager) begin(parent context.Context) {
	if parent.Err() != nil && m.ledger.why().err == nil {
		m.parentEnded(parent)
	}
	m.lock()
	defer m.mu.Unlock()
	m.live += len(m.queued)
	m.enterLocked(Running)
	if m.ledger.why().err != nil {
		m.stopLocked(Stopping)
	}
}

func (m *Manager) startServices() {
	m.lock()
	defer m.mu.Unlock()
	for _, s := range m.services {
		m.startServiceLocked(s)
	}
	m.services = nil
}

// settle waits, for a short time, until the listeners have heard everything, and
// until Flush has returned, unless Main has a last line.
func (m *Manager) settle() {
	m.ledger.settle()
	if m.process.Load() == nil {
		m.flush()
	}
}

// enter makes the next state the current one.
func (m *Manager) enter(s State) {
	m.lock()
	defer m.mu.Unlock()
	m.enterLocked(s)
}

// enterLocked is the one place where the state changes.
func (m *Manager) enterLocked(s State) {
	if s <= m.state() {
		return
	}
	now := time.Now()
	m.ledger.enter(s, now)
	switch s {
	case Draining:
		closeOnce(m.draining)
	case Stopping:
		closeOnce(m.draining)
		m.adoptOthersLocked()
		m.ledger.setAtStop(m.pendingLocked())
		m.cancel(m.ledger.why().err)
		m.quietLocked()
	case Stopped:
		if end := m.process.Load(); end != nil {
			end.Stopped()
		}
		m.clock.Stop(now)
		m.reminder.Stop()
		m.endWork(m.ledger.why().err)
		close(m.done)
	}
	m.ledger.emit(Event{Type: EventState, Err: m.ledger.why().err}, component{})
	if s == Stopping && m.isForced() {
		m.forcedLocked()
	}
}
