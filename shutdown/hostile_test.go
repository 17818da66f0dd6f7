package shutdown_test

import (
	"context"
	"errors"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// An errorThat does something in whichever of its methods is called.
type errorThat struct{ does func() }

func (e errorThat) Error() string   { e.does(); return "hostile" }
func (e errorThat) Is(error) bool   { e.does(); return false }
func (e errorThat) Unwrap() []error { e.does(); return nil }
func (e errorThat) ExitCode() int   { e.does(); return 0 }

// hostilities are what the methods of an error may do. They block until block is
// closed.
var hostilities = map[string]func(s *stop, block <-chan struct{}){
	"blocks":           func(_ *stop, block <-chan struct{}) { <-block },
	"panics":           func(*stop, <-chan struct{}) { panic("hostile") },
	"leaves":           func(*stop, <-chan struct{}) { runtime.Goexit() },
	"asks the manager": func(s *stop, _ <-chan struct{}) { s.State(); s.Report(); s.Stop(nil) },
}

// withEachHostileError runs test in a bubble with an error of each kind.
func withEachHostileError(t *testing.T, test func(t *testing.T, s *stop, kind string, hostile error)) {
	for kind, does := range hostilities {
		t.Run(kind, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *stop) {
				block := make(chan struct{})
				defer close(block)
				test(t, s, kind, errorThat{func() { does(s, block) }})
			})
		})
	}
}

func TestHostileError_ofAnActorKeepsNoFinalizerFromRunning(t *testing.T) {
	withEachHostileError(t, func(t *testing.T, s *stop, _ string, hostile error) {
		s.Register("finalizer", s.marks("finalizer"))
		s.Go("hostile", func(context.Context) error { return hostile })
		s.run()
		err := <-s.result
		if failures := s.Report().Failures(); err == nil || len(failures) != 1 || failures[0].Name != "hostile" {
			t.Errorf("Run() failed: %v, failures %d; want the actor named", err != nil, len(failures))
		}
		s.wantEvents(t, "finalizer")
	})
}

func TestHostileError_ofAFinalizerKeepsNoOtherFromRunning(t *testing.T) {
	withEachHostileError(t, func(t *testing.T, s *stop, _ string, hostile error) {
		s.Register("older", s.marks("older"))
		s.Register("hostile", func(context.Context) error { return hostile })
		s.run()
		s.Stop(nil)
		if err := <-s.result; err == nil {
			t.Error("Run() = nil")
		}
		s.wantEvents(t, "older")
	})
}

// An error that takes for ever to say what it is does not keep the stop from
// beginning.
func TestUnreadableError_delaysTheStopByATenthOfASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, block := newStop(), make(chan struct{})
		defer close(block)
		s.Go("hostile", func(context.Context) error { return errorThat{func() { <-block }} })
		s.Go("obeys", func(ctx context.Context) error { <-ctx.Done(); s.mark("told"); return nil })
		s.run()
		err := s.wantFailure(t, 8600*time.Millisecond)
		s.wantAt(t, "told", 100*time.Millisecond)
		if stuck := as[*shutdown.StuckError](t, err); stuck.Name != "hostile" {
			t.Errorf("stuck = %v", stuck)
		}
	})
}

func TestNilPointerInAnError_isAFailedActor(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Register("finalizer", s.marks("finalizer"))
		open := func() *os.PathError { return nil }
		s.Go("worker", func(ctx context.Context) error { <-ctx.Done(); return open() })
		s.run()
		s.Stop(nil)
		err := s.wantFailure(t, 0)
		s.wantEvents(t, "finalizer")
		if !strings.Contains(err.Error(), "PathError") {
			t.Errorf("Run() = %v, want the type of the nil pointer", err)
		}
	})
}

// A contextThat asks the manager whatever it is asked itself: it may hold a lock
// of its own that somebody else holds who asks the manager.
type contextThat struct {
	context.Context
	asks *shutdown.Manager
}

func (c contextThat) Err() error            { c.asks.State(); return c.Context.Err() }
func (c contextThat) Value(key any) any     { c.asks.Report(); return c.Context.Value(key) }
func (c contextThat) Done() <-chan struct{} { c.asks.Report(); return c.Context.Done() }

func TestContextGivenToRun_mayAskTheManagerWhateverItIsAsked(t *testing.T) {
	s := newStop()
	s.Register("finalizer", s.marks("finalizer"))
	s.Keep("service", untilCancelled)
	s.Go("actor", untilCancelled)
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(0, cancel)
	_ = s.Run(contextThat{ctx, s.Manager})
	s.wantEvents(t, "finalizer")
}

func TestPanicsValue_isShownAsGoShowsItAndNeverLookedInto(t *testing.T) {
	itself := map[string]any{}
	itself["self"] = itself
	type named string
	for want, value := range map[string]any{
		"panic: (map[string]interface {}) 0x": itself,
		"panic: shutdown_test.named(\"x\")":   named("x"),
		"panic: boom":                         errBoom,
		"panic: 7":                            7,
		"panic: goroutine 1 [running]:":       "goroutine 1 [running]:\nmain.main()",
	} {
		inBubble(t, func(t *testing.T, s *stop) {
			s.Go("bad", func(context.Context) error { panic(value) })
			s.run()
			if err := <-s.result; !strings.Contains(err.Error(), want) {
				t.Errorf("Run() = %v, want %q in it", err, want)
			}
		})
	}
}

func TestExitCode_outsideOfAByteIsNoSuccess(t *testing.T) {
	for _, code := range []int{256, 512, -256, 1337, -1} {
		for _, err := range []error{&shutdown.ExitError{Code: code}, errors.Join(errBoom, &shutdown.ExitError{Code: code}), coded(code)} {
			if got := shutdown.ExitCode(err); got != 1 {
				t.Errorf("ExitCode(%v) = %d, of which the kernel keeps %d; want 1", err, got, got&0xff)
			}
		}
	}
}

func TestRun_inItsOwnContextIsRefused(t *testing.T) {
	s, other := newStop(), newStop()
	type key struct{}
	for name, ctx := range map[string]context.Context{
		"its own":        s.Context(),
		"derived":        context.WithValue(s.Context(), key{}, 1),
		"of its work":    shutdown.Work(s.Context()),
		"without cancel": context.WithoutCancel(s.Context()),
	} {
		if err := s.Run(ctx); err == nil || shutdown.ExitCode(err) != 2 {
			t.Errorf("Run in a context %s = %v, want that it is refused", name, err)
		}
	}
	s.Stop(nil)
	if err := s.Run(other.Context()); err != nil { // it has not been used up
		t.Errorf("Run() = %v", err)
	}
}

// An error that panics when it is asked hides nothing of what it is joined with, and
// nobody asks it a second time.
func TestHostileError_hidesNothingButItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStop()
		s.Go("a", func(context.Context) error { return errors.Join(errorThat{func() { panic("asked") }}, codeError(7)) })
		s.run()
		<-s.result
		if got := s.Report().Status.Code; got != 7 {
			t.Errorf("status %d, want 7", got)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		o, i, block, asked := newStop(), newStop(), make(chan struct{}), 0
		i.Keep("hostile", func(context.Context) error { return errorThat{func() { asked++; panic("asked") }} })
		i.Go("mule", func(context.Context) error { <-block; return nil })
		var once int
		i.Observe(func(e shutdown.Event) {
			if e.Type == shutdown.EventState && e.State == shutdown.Stopped {
				once = asked
			}
		})
		o.Go("part", i.Run)
		o.run()
		<-o.result
		if got := o.Report().Status.Code; got != 124 || asked != once {
			t.Errorf("status %d, want 124; asked %d times, want %d", got, asked, once)
		}
		close(block)
		synctest.Wait()
	})
}

type codeError int

func (e codeError) Error() string { return "code" }
func (e codeError) ExitCode() int { return int(e) }

// An error that takes its time to say what it is, is an error: it ends a drain.
func TestHostileError_endsADrain(t *testing.T) {
	for kind, add := range map[string]func(s *stop, run func(context.Context) error){
		"actor":   func(s *stop, run func(context.Context) error) { s.Go("a", run) },
		"service": func(s *stop, run func(context.Context) error) { s.Keep("s", run) },
	} {
		t.Run(kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, told, block := newStop(), make(chan struct{}), make(chan struct{})
				s.Drain = 5 * time.Second
				add(s, func(context.Context) error { <-told; return errorThat{func() { <-block }} })
				s.run()
				s.Signal(sigterm)
				close(told)
				<-s.Context().Done()
				s.mark("stopping")
				s.wantAt(t, "stopping", 100*time.Millisecond)
				close(block)
				<-s.result
			})
		})
	}
}
