package actors

import (
	"context"
	"errors"
	"io"
	"os"
	"sync/atomic"
	"time"
)

const (
	// pipeSize is the most that a pipe holds which nobody has made larger
	// (pipe(7)): what comes after so much is not the child's who has exited.
	pipeSize = 64 << 10

	// lastLines is how long the output of a child that had to be killed is
	// waited for: time enough for a pipe's content unless the writer blocks.
	lastLines = 10 * time.Millisecond
)

// An output copies what a child writes to a writer that is no file.
type output struct {
	from *os.File
	to   io.Writer
	end  atomic.Pointer[ending] // not nil from the child's exit on
	over chan struct{}
	err  error // of the writer; to be read once over is closed
}

// An ending is when a child has exited, and how long others that hold its pipe
// open are listened to.
type ending struct {
	at    time.Time
	delay time.Duration
}

// copy copies until the end of the output, or of patience.
func (o *output) copy() {
	protect(o.pump, func(err error) {
		o.err = err
		_ = o.from.Close()
		close(o.over)
	})
}

// pump returns the error of the writer.
func (o *output) pump() error {
	buffer := make([]byte, 32<<10)
	late := 0 // so much has come since the child's exit
	for {
		end := o.end.Load()
		if end != nil {
			_ = o.from.SetReadDeadline(end.deadline(late)) // it may have passed while we wrote
		}
		n, err := o.from.Read(buffer)
		if end != nil {
			late += n
		}
		if n > 0 {
			if _, failed := o.to.Write(buffer[:n]); failed != nil {
				return failed
			}
		}
		if err != nil { // EOF, or nothing more that is the child's
			return nil
		}
	}
}

// deadline is until when the next byte is waited for. What is in the pipe is
// the child's and is read, however late the writer makes it; what comes later
// has to come soon after the child.
func (e *ending) deadline(late int) time.Time {
	if soon := time.Now().Add(e.delay); late < pipeSize {
		return soon
	}
	return e.at.Add(e.delay)
}

// exited says that the child has.
func (o *output) exited(delay time.Duration) {
	end := &ending{time.Now(), delay}
	o.end.Store(end)
	if o.from.SetReadDeadline(end.deadline(0)) != nil { // pipes have none here
		time.AfterFunc(delay, func() { o.from.Close() })
	}
}

var errUnwritten = errors.New("not all of the child's output was written: time was up")

// await waits until all that the child wrote has been written, until limit
// ends, and returns what went wrong with it.
func (o *output) await(limit context.Context) error {
	select {
	case <-o.over:
		return o.err
	case <-limit.Done():
	}
	select {
	case <-o.over:
		return o.err
	case <-time.After(lastLines):
		_ = o.from.Close()
		return errUnwritten
	}
}
