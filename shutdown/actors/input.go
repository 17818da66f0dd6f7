package actors

import (
	"context"
	"errors"
	"io"
	"reflect"
	"sync"
	"syscall"
	"time"
)

// Input returns a reader of what r has, whose Read ends when ctx does: with the
// cause of ctx. It is for standard input, which nothing else interrupts: a loop
// over its lines, a REPL, a server that speaks on it (LSP, MCP).
//
//	in := bufio.NewScanner(actors.Input(ctx, os.Stdin))
//	for in.Scan() {
//		…
//	}
//	return in.Err() // the cause of the stop, if there was one
//
// Nothing is lost. A Read of r that is under way when ctx ends goes on; what it
// brings, and when both come at once, is for the next Input of the same r. No more
// is read ahead than the caller asked for, and nothing unless somebody asks, so
// that a child may have the input in between. At the end of the program a Read
// of r that is still under way keeps nobody; its goroutine ends with it. On Linux a
// process in the background that reads from its terminal is not stopped for that,
// so that it can act on SIGTERM: the Read waits until it is in the foreground.
//
// A prompt that turns the echo off, such as term.ReadPassword's, needs the terminal
// itself: examples/terminal is one that leaves it sane. For what cannot be
// interrupted at all, a lock that is waited for, see the second example.
//
// Any number of goroutines may read. They share what comes, as they would
// without Input. A panic of r is returned as a *[shutdown.PanicError] with its
// stack. Input panics if ctx or r is nil.
func Input(ctx context.Context, r io.Reader) io.Reader {
	must(ctx != nil, "Input", "nil context")
	must(r != nil, "Input", "nil reader")
	in := &inputReader{ctx: ctx, from: r}
	if !reflect.ValueOf(r).Comparable() {
		in.own = &source{} // nobody can ask for the same again
	}
	return in
}

type inputReader struct {
	ctx  context.Context
	from io.Reader
	own  *source // if not nil: instead of the one that all Inputs share
}

func (in *inputReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for {
		if in.ctx.Err() != nil { // first, so that what has come by now is left to the next
			return 0, context.Cause(in.ctx)
		}
		n, arrival, err := in.take(p)
		if arrival == nil {
			return n, in.awaitHangup(err)
		}
		select {
		case <-arrival:
		case <-in.ctx.Done():
		}
	}
}

// hangupTakes is how long a SIGHUP is waited for that is on its way. It is sent at
// once; to be heard takes long on a busy machine only.
const hangupTakes = time.Second

// awaitHangup returns the cause of the context if that ends because of what err
// says. When a terminal is closed, whoever reads from it fails with EIO, and the
// process is sent SIGHUP: at the same time, and it takes a moment until that has
// ended the context.
func (in *inputReader) awaitHangup(err error) error {
	if !errors.Is(err, syscall.EIO) {
		return err
	}
	timer := time.NewTimer(hangupTakes)
	defer timer.Stop()
	select {
	case <-in.ctx.Done():
		return context.Cause(in.ctx)
	case <-timer.C:
		return err
	}
}

// sources has what was read, or is being read, for Inputs of a reader. Who is
// not in it has nothing.
var sources = struct {
	sync.Mutex
	of map[io.Reader]*source // guarded by the mutex, and so is each source
}{of: make(map[io.Reader]*source)}

// A source is what Inputs of one reader share.
type source struct {
	rest    []byte        // read, and not taken yet
	err     error         // to be returned after that
	arrival chan struct{} // closed when the Read under way is over; nil if there is none
}

// take takes what has come already. If nothing has, it sees to it that somebody
// reads, and returns the channel that is closed when something has.
func (in *inputReader) take(p []byte) (n int, arrival <-chan struct{}, err error) {
	sources.Lock()
	defer sources.Unlock()
	s := in.sourceLocked()
	if len(s.rest) == 0 && s.err == nil {
		if s.arrival == nil {
			s.arrival = make(chan struct{})
			go s.read(in.from, len(p)) // ends when the reader has something, or fails
		}
		return 0, s.arrival, nil
	}
	n = copy(p, s.rest)
	s.rest = s.rest[n:]
	if len(s.rest) == 0 {
		err, s.err = s.err, nil
		if in.own == nil {
			delete(sources.of, in.from)
		}
	}
	return n, nil, err
}

func (in *inputReader) sourceLocked() *source {
	if in.own != nil {
		return in.own
	}
	s := sources.of[in.from]
	if s == nil {
		s = &source{}
		sources.of[in.from] = s
	}
	return s
}

// read reads once, at most so many bytes.
func (s *source) read(from io.Reader, size int) {
	var rest []byte
	var err error
	protect(func() error {
		buffer := make([]byte, size)
		n, failed := readFrom(from, buffer)
		rest, err = buffer[:n], failed
		return nil
	}, func(broken error) {
		if broken != nil {
			rest, err = nil, broken
		}
		sources.Lock()
		defer sources.Unlock()
		s.rest, s.err = rest, err
		close(s.arrival)
		s.arrival = nil
	})
}
