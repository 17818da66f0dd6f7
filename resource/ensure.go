package resource

import (
	"context"
	"fmt"

	"github.com/seed7e043c35/lastcall/internal/entry"
	"github.com/seed7e043c35/lastcall/shutdown"
)

// Ensure sees to it that r is closed when the innermost open scope of ctx ends,
// or the program, as [shutdown.Finally] describes. If r says then that it is
// not closed, its owner has leaked it: a warning is logged, with the stack of
// the call of Ensure, and close is called. If it is closed, nothing happens.
//
// IsClosed may be called from any goroutine at any time, also before that. The
// finalizer that is returned need not be kept. Ensure panics if r or close is
// nil.
func Ensure[F shutdown.Func](ctx context.Context, r interface{ IsClosed() bool }, close F) *shutdown.Finalizer {
	if r == nil {
		panic("resource: Ensure: nil resource")
	}
	if close == nil {
		panic(fmt.Sprintf("resource: Ensure(%T): the close function is nil", r))
	}
	e := &ensured{closer: r, birth: newBirth()}
	return shutdown.Finally(ctx, e.Type(), close, e)
}

// An ensured resource can say whether it is closed.
type ensured struct {
	closer interface{ IsClosed() bool }
	birth
}

// FinalizerOptions makes the finalizer one that closes e.
func (e *ensured) FinalizerOptions() entry.Options {
	return entry.Options{Resource: e, Site: e.site()}
}

func (e *ensured) Bind(entry.Finalizer) { profileAdd(e) }
func (e *ensured) Gone()                { profileRemove(e) }
func (e *ensured) IsClosed() bool       { return e.closer.IsClosed() }
func (e *ensured) Type() string         { return fmt.Sprintf("%T", e.closer) }
