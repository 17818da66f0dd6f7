package actors

import (
	"context"
	"errors"
	"io"
	"os"
	"sync/atomic"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// A feed copies to a child from a reader that is no file. Nobody waits for
// it: a reader may have no end.
type feed struct {
	ctx    context.Context // the actor's
	from   io.Reader
	to     *os.File
	failed atomic.Pointer[error] // of the reader
}

func (f *feed) copy() {
	protect(func() error {
		_, _ = io.Copy(f.to, f) // an error in writing is that the child reads no more
		return nil
	}, func(err error) {
		if err != nil {
			f.failed.Store(&err)
		}
		_ = f.to.Close() // the child reads the end of its input
	})
}

// Read notes why the reader failed, which io.Copy does not tell from a failure
// of the pipe.
func (f *feed) Read(p []byte) (int, error) {
	n, err := f.from.Read(p)
	if err != nil && err != io.EOF && !f.isEnd(err) {
		f.failed.Store(&err)
	}
	return n, err
}

// isEnd reports whether err says that the actor, or the whole program, has been
// told to end, as that of an Input does: no failure, and no word on the child.
func (f *feed) isEnd(err error) bool {
	for _, ctx := range []context.Context{f.ctx, shutdown.FromContext(f.ctx).Context()} {
		if ctx.Err() != nil && errors.Is(err, context.Cause(ctx)) {
			return true
		}
	}
	return false
}

// failure returns the error by which the reader has failed, if it has.
func (f *feed) failure() error {
	if f == nil {
		return nil
	}
	if err := f.failed.Load(); err != nil {
		return *err
	}
	return nil
}
