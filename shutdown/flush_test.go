package shutdown_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// A bufferedLog keeps its lines until it is flushed.
type bufferedLog struct {
	mu     sync.Mutex
	buffer bytes.Buffer
	out    string
	calls  int
}

func (l *bufferedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buffer.Write(p)
}

func (l *bufferedLog) flush(context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.out += l.buffer.String()
	l.buffer.Reset()
	l.calls++
	return nil
}

func TestFlush_isCalledOnceAndAfterTheLastLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, sink := newStop(), new(bufferedLog)
		logger := zerolog.New(sink)
		s.Logger, s.Flush = &logger, sink.flush
		s.Register("bad", func(context.Context) error { return errBoom })
		s.run()
		s.Stop(nil)
		s.wantFailure(t, 0)
		if sink.calls != 1 {
			t.Errorf("Flush was called %d times, want once", sink.calls)
		}
		for _, want := range []string{"boom", "stopped, not everything went well"} {
			if !strings.Contains(sink.out, want) {
				t.Errorf("what was flushed does not say %q:\n%s", want, sink.out)
			}
		}
	})
}

// Its context, and Run's patience with it, end a two hundredth of the grace before
// the end; that is no failure.
func TestFlush_thatBlocksHasWhatIsLeftOfTheGrace(t *testing.T) {
	for name, flush := range map[string]func(ctx context.Context, block <-chan struct{}) error{
		"obeys":  func(ctx context.Context, _ <-chan struct{}) error { <-ctx.Done(); return nil },
		"blocks": func(_ context.Context, block <-chan struct{}) error { <-block; return nil },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, block := newStop(), make(chan struct{})
				defer close(block)
				s.Flush = func(ctx context.Context) error { return flush(ctx, block) }
				s.run()
				s.Stop(nil)
				s.wantResult(t, 9950*time.Millisecond)
				if code := s.Report().Status.Code; code != 0 {
					t.Errorf("status %d", code)
				}
			})
		})
	}
}

// A sink that fails, in whatever way, changes no status: everything has been
// said by then.
func TestFlush_thatFailsIsALineOnStandardErrorAndNoFailure(t *testing.T) {
	for name, c := range map[string]struct {
		flush func() error
		says  string // nothing if empty
	}{
		"error":             {func() error { return errBoom }, "shutdown: Flush: boom\n"},
		"panic":             {func() error { panic("burst") }, "panic: burst"},
		"Goexit":            {func() error { runtime.Goexit(); return nil }, "runtime.Goexit called"},
		"a panicking Error": {func() error { return errorThat{func() { panic("hostile") }} }, "PANIC in its Error method"},
		"a terminal":        {func() error { return &os.PathError{Op: "sync", Err: syscall.EINVAL} }, ""},
		"a pipe":            {func() error { return errors.Join(syscall.ENOTSUP) }, ""},
		"a device":          {func() error { return syscall.ENOTTY }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			said := standardErrorOf(t, func() {
				inBubble(t, func(t *testing.T, s *stop) {
					s.Flush = func(context.Context) error { return c.flush() }
					s.run()
					s.Stop(nil)
					s.wantResult(t, 0)
				})
			})
			if !strings.Contains(said, c.says) || c.says == "" && said != "" {
				t.Errorf("standard error says %q, want %q", said, c.says)
			}
		})
	}
}

// standardErrorOf returns what fn writes to standard error.
func standardErrorOf(t *testing.T, fn func()) string {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	was := os.Stderr
	os.Stderr = w
	func() {
		defer func() { os.Stderr = was }()
		fn()
	}()
	_ = w.Close()
	var text bytes.Buffer
	_, _ = text.ReadFrom(r)
	return text.String()
}

// A log whose sink is closed by the oldest finalizer has heard all failures by then.
func TestLogThatIsClosedByTheOldestFinalizer_hasHeardOfEveryFailure(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		closed := false
		var text bytes.Buffer
		var mu sync.Mutex
		logger := zerolog.New(writerFunc(func(p []byte) (int, error) {
			mu.Lock()
			defer mu.Unlock()
			if closed {
				return 0, os.ErrClosed
			}
			return text.Write(p)
		}))
		s.Logger = &logger
		s.Register("log", func(context.Context) error { mu.Lock(); defer mu.Unlock(); closed = true; return nil })
		s.Register("upload", func(context.Context) error { return errors.New("disk full") })
		s.run()
		s.Stop(nil)
		s.wantFailure(t, 0)
		for _, want := range []string{"disk full", "not everything went well"} {
			if !strings.Contains(text.String(), want) {
				t.Errorf("the log does not say %q:\n%s", want, text.String())
			}
		}
	})
}

type writerFunc func(p []byte) (int, error)

func (w writerFunc) Write(p []byte) (int, error) { return w(p) }

func TestObserve_untilItsStopIsCalled(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		var first, second []shutdown.EventType
		var stop func()
		stop = s.Observe(func(e shutdown.Event) { first = append(first, e.Type); stop(); stop() })
		s.Observe(func(e shutdown.Event) { second = append(second, e.Type) })
		s.run()
		s.Stop(nil)
		s.wantResult(t, 0)
		if len(first) != 1 || len(second) < 4 {
			t.Errorf("it heard %v, and the other %v; want one event, and all", first, second)
		}
	})
}

// Stop does not wait for the call that is going on.
func TestObserve_itsStopDoesNotWaitForACallThatBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, block := newStop(), make(chan struct{})
		defer close(block)
		stop := s.Observe(func(shutdown.Event) { <-block })
		s.run()
		stop()
		s.Stop(nil)
		s.wantResult(t, 0) // it is not waited for at the end either
	})
}
