package shutdown

import (
	"context"
	"time"

	"github.com/seed7e043c35/lastcall/internal/clock"
)

// FromContext returns the manager that ctx belongs to: the one that handed it,
// or a context it was derived from, to an actor, a service, a finalizer or a
// scope. Of any other context it is the process's own, [Default], which nobody
// runs unless the program calls [Main], or its Run.
func FromContext(ctx context.Context) *Manager { return managerOf(holderOf(ctx)) }

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
	s := managerOf(h).currentSettings()
	if h.scope.kept {
		return h.scope.leastSlot(s.grace)
	}
	return clock.Work(s.grace, s.drain)
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
