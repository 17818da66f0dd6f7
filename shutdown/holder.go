package shutdown

import (
	"context"
	"sync/atomic"
	"time"
)

// A holder is what a context belongs to: a manager, by its engine, and within it a scope and
// perhaps a part.
type holder struct {
	engine *engine
	scope  *scope               // the innermost scope around; the manager's own if there is no other
	part   *part                // whose context it is; nil if it is an actor's or nobody's
	work   context.Context      // lives until the time of work in flight is up
	turn   atomic.Pointer[turn] // of the part; nil if it has none, or none yet
}

// turnAround returns the turn in whose time h has to end: its own, or that of the
// innermost scope around it that has one. It returns nil if there is none, or none
// yet.
func (h *holder) turnAround() *turn {
	if t := h.turn.Load(); t != nil {
		return t
	}
	if !h.engine.turns.Load() {
		return nil // mostly: to look costs as much as scopes are deep
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
	return nobodys
}

// ownHolderOf returns the holder of a context that a manager has handed out, or
// nil of any other.
func ownHolderOf(ctx context.Context) *holder {
	h, _ := ctx.Value(holderKey{}).(*holder)
	return h
}

// nobodys is the holder of the contexts that no manager has handed out: that of the
// process's own manager, which default.go makes.
var nobodys *holder

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
type rootKey struct{ engine *engine }

func (c *rootContext) Value(key any) any {
	switch key {
	case holderKey{}:
		return c.holder
	case rootKey{c.holder.engine}:
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
func (e *engine) partContext(life context.Context, p *part) *partContext {
	return &partContext{life: life, values: e.ctx, holder: &holder{engine: e, scope: &e.root, part: p, work: life}}
}
