package resource

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"

	"github.com/seed7e043c35/lastcall/internal/entry"
	"github.com/seed7e043c35/lastcall/shutdown"
)

// A Handle is the owner's hold of a value that must be closed. Its methods may
// be called from any goroutine.
type Handle[T any] struct {
	tracked *tracked[T]
	cleanup runtime.Cleanup
}

// Track returns a handle for v, which close closes: when its owner calls
// Close, else when the innermost open scope of ctx ends, or the program, as
// [shutdown.Finally] describes. In the second case a warning is logged, with
// the stack of the call of Track.
//
// If the handle becomes garbage while v is not closed, the warning comes then,
// and v is closed in its turn. For that to work neither v nor close may refer
// to the handle. Track panics if close is nil.
func Track[T any, F shutdown.Func](ctx context.Context, name string, v T, close F) *Handle[T] {
	if close == nil {
		panic(fmt.Sprintf("resource: Track(%q): the close function is nil", name))
	}
	t := &tracked[T]{value: v, birth: newBirth()}
	shutdown.Finally(ctx, name, close, t)
	h := &Handle[T]{tracked: t}
	h.cleanup = runtime.AddCleanup(h, entry.Finalizer.Leaked, t.finalizer)
	return h
}

// Value returns the value, also after it was closed.
func (h *Handle[T]) Value() T { return h.tracked.value }

// Close closes the value, with a context that does not end, and returns what
// its close function returned. A second call returns nil at once, also while
// the first is still closing, and so does a call after the end of the scope or
// the program has closed the value. A stop that comes to it while Close runs
// waits for it in its turn. A panic in the close function goes on.
func (h *Handle[T]) Close() error {
	if h.tracked.closed.Swap(true) {
		return nil
	}
	h.cleanup.Stop()
	_, err := h.tracked.finalizer.Close()
	runtime.KeepAlive(h)
	return err
}

// IsClosed reports whether somebody has closed the value, or is closing it.
func (h *Handle[T]) IsClosed() bool { return h.tracked.closed.Load() }

// A tracked value is what remains when its handle is garbage.
type tracked[T any] struct {
	value T
	birth
	finalizer entry.Finalizer
	closed    atomic.Bool // or being closed by its owner
}

// FinalizerOptions makes the finalizer one that closes t.
func (t *tracked[T]) FinalizerOptions() entry.Options {
	return entry.Options{Resource: t, Site: t.site()}
}

func (t *tracked[T]) Bind(f entry.Finalizer) { t.finalizer = f; profileAdd(t) }
func (t *tracked[T]) Gone()                  { t.closed.Store(true); profileRemove(t) }
func (t *tracked[T]) IsClosed() bool         { return false } // closing takes it off the list
func (t *tracked[T]) Type() string           { return fmt.Sprintf("%T", t.value) }
