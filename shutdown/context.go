package shutdown

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/seed7e043c35/lastcall/internal/clock"
)

// A holder is what a context belongs to: a manager, and within it a scope and
// perhaps a part.
type holder struct {
	manager *Manager
	scope   *scope               // the innermost scope around; the manager's own if there is no other
	part    *part                // whose context it is; nil if it is an actor's or nobody's
	work    context.Context      // lives until the time of work in flight is up
	turn    atomic.Pointer[turn] // of the part; nil if it has none, or none yet
}

// turnAround returns the turn in whose time h has to end: its own, or that of the
// innermost scope around it that has one. It returns nil if there is none, or none
// yet.
func (h *holder) turnAround() *turn {
	if t := h.turn.Load(); t != nil {
		return t
	}
	for s := h.scope; s != nil; s = s.around {
		if t := s.holder.turn.Load(); t != nil {
			return t
		}
	}
	return nil
}

type holderKey struct{}

func holderOf(ctx context.Context) *holder {
	if ctx == nil {
		panic("shutdown: nil context")
	}
	if h := ownHolderOf(ctx); h != nil {
		return h
	}
	return Default().ctx.holder
}

// ownHolderOf returns the holder of a context that a manager has handed out, or
// nil of any other.
func ownHolderOf(ctx context.Context) *holder {
	h, _ := ctx.Value(holderKey{}).(*holder)
	return h
}

// FromContext returns the manager that ctx belongs to: the one that handed it,
// or a context it was derived from, to an actor, a service, a finalizer or a
// scope. Of any other context it is the process's own, [Default], which nobody
// runs unless the program calls [Main], or its Run.
func FromContext(ctx context.Context) *Manager { return holderOf(ctx).manager }

// Work returns a context for work in flight: requests, queries, child
// processes, anything that a stop should let finish. It has ctx's values but
// not its end: it lives on when ctx is cancelled, until its holder's time is
// up. For the manager's own contexts and what is derived from them that is the
// end of [Manager.WorkContext]; for a background service or a finalizer, the
// end of its slot. Its [context.Cause] is then [ErrCut], or [ErrForced]: who
// returns an error because of that has been cut, which is a failure; see
// [CutError].
//
// Work leaves nothing to clean up.
func Work(ctx context.Context) context.Context {
	return &partContext{life: holderOf(ctx).work, values: context.WithoutCancel(ctx)}
}

// WorkTime returns how long work of whoever ctx belongs to has at least, from
// the moment at which ctx ends: of the manager's own contexts, four fifths of
// the grace less the drain. A manager that runs inside of another has what that
// leaves to it; a finalizer, what is left of its slot; a background service, the
// same in its turn, and before that the slot that it has if it is the first to
// end and the actors have used up all their time.
//
// It is the number for libraries that have a time limit of their own. Before
// [Main] it has read the environment already.
func WorkTime(ctx context.Context) time.Duration {
	h := holderOf(ctx)
	if t := h.turnAround(); t != nil {
		return max(0, time.Until(t.until()))
	}
	s := h.manager.currentSettings()
	if h.scope.isKept() {
		return h.scope.leastSlot(s.grace)
	}
	return clock.Work(s.grace, s.drain)
}

// A partContext lives and dies with one context and has the values of another.
type partContext struct {
	life     context.Context
	values   context.Context
	holder   *holder         // if not nil: what it belongs to, whatever values says
	labels   context.Context // if not nil: has the labels of its goroutine
	deadline time.Time       // if not zero: when life will end, unless it ends before
}

func (c *partContext) Done() <-chan struct{} { return c.life.Done() }

func (c *partContext) Deadline() (time.Time, bool) {
	if !c.deadline.IsZero() {
		return c.deadline, true
	}
	return c.life.Deadline()
}

func (c *partContext) Err() error {
	err := c.life.Err()
	if err != nil && !c.deadline.IsZero() && !time.Now().Before(c.deadline) {
		return context.DeadlineExceeded
	}
	return err
}

func (c *partContext) Value(key any) any {
	if c.holder != nil && key == (holderKey{}) {
		return c.holder
	}
	if c.labels != nil {
		if v := c.labels.Value(key); v != nil {
			return v
		}
	}
	if v := c.values.Value(key); v != nil {
		return v
	}
	return c.life.Value(key) // context's own: whether and why it ended
}

// AfterFunc lets package context follow this one's end without a goroutine.
func (c *partContext) AfterFunc(f func()) (stop func() bool) {
	return context.AfterFunc(c.life, f)
}

// A rootContext is a manager's own: it exists before the parent given to Run
// does, and has its values from then on.
type rootContext struct {
	context.Context
	holder *holder
	parent *atomic.Pointer[context.Context]
}

func newRootContext(h *holder, parent *atomic.Pointer[context.Context]) (*rootContext, context.CancelCauseFunc) {
	ctx, cancel := context.WithCancelCause(context.Background())
	return &rootContext{Context: ctx, holder: h, parent: parent}, cancel
}

// A rootKey is the key by which a context is asked whether it comes from a
// manager's own.
type rootKey struct{ manager *Manager }

func (c *rootContext) Value(key any) any {
	switch key {
	case holderKey{}:
		return c.holder
	case rootKey{c.holder.manager}:
		return true
	}
	if v := c.Context.Value(key); v != nil { // context's own: whether and why it ended
		return v
	}
	if parent := c.parent.Load(); parent != nil {
		return (*parent).Value(key)
	}
	return nil
}

// partContext returns a context that lives as long as life, has the values of
// the manager's own, and belongs to the part p.
func (m *Manager) partContext(life context.Context, p *part) *partContext {
	return &partContext{life: life, values: m.ctx, holder: &holder{manager: m, scope: &m.root, part: p, work: life}}
}

// Draining returns a channel that is closed when the first cause arrives,
// whether or not a drain follows: for readiness, queue consumers and service
// discovery.
func (m *Manager) Draining() <-chan struct{} {
	m.lock()
	defer m.mu.Unlock()
	return m.draining
}

// Context returns the context that is cancelled, with the cause, when Stopping
// begins: for loops, listeners and whatever takes new work. It is not for work
// in flight; that is what [Manager.WorkContext] and [Work] are for.
func (m *Manager) Context() context.Context {
	m.lock()
	defer m.mu.Unlock()
	return m.ctx
}

// WorkContext returns the context of work in flight: requests, queries, child
// processes, flushing. It is cancelled, with [ErrCut], when the time of actors
// and holds is used up with some still running, with [ErrForced] when the stop
// is forced, and with the cause of the stop when that is complete.
func (m *Manager) WorkContext() context.Context {
	m.lock()
	defer m.mu.Unlock()
	return m.work
}
