package shutdown_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// A foreignContext is a context of the program's own making: its methods are
// code, and each does something before it answers.
type foreignContext struct {
	context.Context
	does map[string]func()
}

func (c foreignContext) do(method string) {
	if does := c.does[method]; does != nil {
		does()
	}
}

func (c foreignContext) Err() error                  { c.do("Err"); return c.Context.Err() }
func (c foreignContext) Value(key any) any           { c.do("Value"); return c.Context.Value(key) }
func (c foreignContext) Done() <-chan struct{}       { c.do("Done"); return c.Context.Done() }
func (c foreignContext) Deadline() (time.Time, bool) { c.do("Deadline"); return c.Context.Deadline() }

var methodsOfContext = []string{"Err", "Value", "Done", "Deadline"}

// A context may have a lock of its own, which somebody holds who asks the
// manager, or waits for ever: that is the affair of whoever asks the context.
func TestContextGivenToRun_thatBlocksFromTheStopOnDelaysNobody(t *testing.T) {
	for _, method := range methodsOfContext {
		t.Run(method, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var blocks atomic.Bool
				block := make(chan struct{})
				defer close(block)
				s := newStop()
				parent := foreignContext{context.Background(), map[string]func(){method: func() {
					if blocks.Load() {
						<-block
					}
				}}}
				s.Register("finalizer", s.marks("finalizer"))
				s.Keep("service", untilCancelled)
				s.Go("actor", untilCancelled)
				s.Add("add", func() error { <-s.Context().Done(); return nil }, func(error) {})
				go func() { s.result <- s.Run(parent) }()
				synctest.Wait()
				s.began = time.Now()
				blocks.Store(true)
				s.Stop(nil)
				s.wantResult(t, 0)
				s.wantEvents(t, "finalizer")
			})
		})
	}
}

func TestContextGivenToRun_mayAskTheManagerInEachOfItsMethods(t *testing.T) {
	for _, method := range methodsOfContext {
		t.Run(method, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *stop) {
				ctx, cancel := context.WithCancel(context.Background())
				parent := foreignContext{ctx, map[string]func(){method: func() {
					s.State()
					s.Report()
					if release, err := s.Hold("of a context"); err == nil {
						release()
					}
				}}}
				s.Register("finalizer", s.marks("finalizer"))
				s.Go("actor", untilCancelled)
				go func() { s.result <- s.Run(parent) }()
				synctest.Wait()
				s.began = time.Now()
				cancel()
				s.wantResult(t, 0)
				s.wantEvents(t, "finalizer")
			})
		})
	}
}

// That the context has ended is known by its Done; why is for its other methods
// to say, and nobody waits for that.
func TestParentsEnd_thatCannotBeReadBeginsTheStopAllTheSame(t *testing.T) {
	for _, method := range []string{"Err", "Value"} {
		t.Run(method, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var blocks atomic.Bool
				block := make(chan struct{})
				defer close(block)
				s := newStop()
				ctx, cancel := context.WithCancel(context.Background())
				parent := foreignContext{ctx, map[string]func(){method: func() {
					if blocks.Load() {
						<-block
					}
				}}}
				s.Register("finalizer", s.marks("finalizer"))
				go func() { s.result <- s.Run(parent) }()
				synctest.Wait()
				s.began = time.Now()
				blocks.Store(true)
				cancel()
				s.wantResult(t, 200*time.Millisecond)
				s.wantEvents(t, "finalizer")
			})
		})
	}
}

// A lyingContext has ended, and says that it has not.
type lyingContext struct{ context.Context }

func (lyingContext) Err() error            { return nil }
func (lyingContext) Done() <-chan struct{} { c := make(chan struct{}); close(c); return c }

func TestParentsEnd_isThatOfItsDone(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Register("finalizer", s.marks("finalizer"))
		go func() { s.result <- s.Run(lyingContext{context.Background()}) }()
		s.wantResult(t, 0)
		if cause := s.Report().Cause; cause != context.Canceled {
			t.Errorf("cause = %v", cause)
		}
		s.wantEvents(t, "finalizer")
	})
}

// A context that had ended before Run has a cause that is code, too.
func TestParentThatHasEnded_withACauseThatBlocksIsAStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, block := newStop(), make(chan struct{})
		defer close(block)
		s.Register("finalizer", s.marks("finalizer"))
		parent, cancel := context.WithCancelCause(context.Background())
		cancel(errorThat{func() { <-block }})
		go func() { s.result <- s.Run(parent) }()
		s.wantResult(t, 100*time.Millisecond)
		s.wantEvents(t, "finalizer")
	})
}

// The parent's deadline leaves work half done, whoever says so, and in whatever
// words.
func TestParentsDeadline_isAFailureOfWhoeverReturnsACancellation(t *testing.T) {
	for name, c := range map[string]struct {
		run  func(ctx context.Context) error
		want bool // Run returns an error
	}{
		"context.Canceled":        {func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, true},
		"the cause":               {func(ctx context.Context) error { <-ctx.Done(); return context.Cause(ctx) }, true},
		"context.Canceled, twice": {func(ctx context.Context) error { <-ctx.Done(); return errors.Join(ctx.Err(), ctx.Err()) }, true},
		"nil":                     {func(ctx context.Context) error { <-ctx.Done(); return nil }, false},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *stop) {
				s.Go("worker", c.run)
				parent, cancel := context.WithTimeout(context.Background(), time.Second)
				defer cancel()
				err := s.Run(parent)
				if (err != nil) != c.want || c.want && !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("Run() = %v", err)
				}
			})
		})
	}
}

func TestRun_inItsOwnContextIsRefusedAlsoThroughAnother(t *testing.T) {
	s, other := newStop(), newStop()
	run := make(chan error, 1)
	other.Go("part", func(ctx context.Context) error {
		run <- shutdown.Scope(ctx, "around", func(ctx context.Context) error { return s.Run(ctx) })
		return nil
	})
	if err := other.Run(s.Context()); err != nil { // which belongs to s
		t.Fatalf("Run() = %v", err)
	}
	if err := <-run; err == nil || shutdown.ExitCode(err) != 2 {
		t.Errorf("Run in its own context = %v, want that it is refused", err)
	}
	if got := s.State(); got != shutdown.Idle {
		t.Errorf("state = %v, want that it is as if Run had not been called", got)
	}
}
