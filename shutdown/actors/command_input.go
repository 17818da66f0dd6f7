package actors

import (
	"io"
	"os"
	"sync/atomic"
)

// An input copies to a child from a reader that is no file. Nobody waits for
// it: a reader may have no end.
type input struct {
	from   io.Reader
	to     *os.File
	failed atomic.Pointer[error] // of the reader
}

func (i *input) copy() {
	defer i.to.Close()      // the child reads the end of its input
	_, _ = io.Copy(i.to, i) // an error in writing is that the child reads no more
}

// Read notes why the reader failed, which io.Copy does not tell from a failure
// of the pipe.
func (i *input) Read(p []byte) (int, error) {
	n, err := i.from.Read(p)
	if err != nil && err != io.EOF {
		i.failed.Store(&err)
	}
	return n, err
}

// failure returns the error by which the reader has failed, if it has.
func (i *input) failure() error {
	if i == nil {
		return nil
	}
	if err := i.failed.Load(); err != nil {
		return *err
	}
	return nil
}
