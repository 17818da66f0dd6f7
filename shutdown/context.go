package shutdown

import (
	"context"
	"sync/atomic"
	"time"
)

// A holder is what a context belongs to: a manager, or within it a scope or a
// finalizer.
type holder struct {
	manager *Manager
	scope   *scope          // the innermost scope around; nil if there is none
	work    context.Context // lives until the time of work in flight is up
}

type holderKey struct{}

func holderOf(ctx context.Context) *holder {
	if ctx == nil {
		panic("shutdown: nil context")
	}
	if h, ok := ctx.Value(holderKey{}).(*holder); ok {
		return h
	}
	return Default().holder()
}

// FromContext returns the manager that ctx belongs to: the one that handed it,
// or a context it was derived from, to an actor, a service, a finalizer or a
// scope. Of any other context it is the process's own, [Default].
func FromContext(ctx context.Context) *Manager { return holderOf(ctx).manager }

// Work returns a context for work in flight: requests, queries, child
// processes, anything that a stop should let finish. It has ctx's values but
// not its end: it lives on when ctx is cancelled, until its holder's time is
// up. For the manager's own contexts and what is derived from them that is the
// end of [Manager.WorkContext]; for a background service or a finalizer, the
// end of its slot.
//
// Work leaves nothing to clean up.
func Work(ctx context.Context) context.Context {
	return &taskContext{life: holderOf(ctx).work, values: context.WithoutCancel(ctx)}
}

// A taskContext lives and dies with one context and has the values of another.
type taskContext struct {
	life   context.Context
	values context.Context
	holder *holder // if not nil: what it belongs to, whatever values says
}

func (c *taskContext) Deadline() (time.Time, bool) { return c.life.Deadline() }
func (c *taskContext) Done() <-chan struct{}       { return c.life.Done() }
func (c *taskContext) Err() error                  { return c.life.Err() }

func (c *taskContext) Value(key any) any {
	if c.holder != nil && key == (holderKey{}) {
		return c.holder
	}
	if v := c.values.Value(key); v != nil {
		return v
	}
	return c.life.Value(key) // context's own: whether and why it ended
}

// AfterFunc lets package context follow this one's end without a goroutine.
func (c *taskContext) AfterFunc(f func()) (stop func() bool) {
	return context.AfterFunc(c.life, f)
}

// A rootContext is a manager's own: it exists before the parent given to Run
// does, and has its values from then on.
type rootContext struct {
	context.Context
	holder *holder
	parent *atomic.Pointer[context.Context]
}

func (c *rootContext) Value(key any) any {
	if key == (holderKey{}) {
		return c.holder
	}
	if v := c.Context.Value(key); v != nil { // context's own: whether and why it ended
		return v
	}
	if parent := c.parent.Load(); parent != nil {
		return (*parent).Value(key)
	}
	return nil
}
