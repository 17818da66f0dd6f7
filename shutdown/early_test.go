package shutdown_test

import (
	"context"
	"os"
	"testing"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// Whatever asks for the stop before Run: readiness ends then, and not only when Run
// has begun.
func TestDraining_isClosedByACauseBeforeRun(t *testing.T) {
	for name, ask := range map[string]func(s *stop){
		"Stop(nil)": func(s *stop) { s.Stop(nil) },
		"Stop(err)": func(s *stop) { s.Stop(errBoom) },
		"Signal":    func(s *stop) { s.Signal(os.Interrupt) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStop()
			early := s.Draining()
			ask(s)
			for _, draining := range []<-chan struct{}{early, s.Draining()} {
				select {
				case <-draining:
				default:
					t.Error("Draining is open although the stop has been asked for")
				}
			}
			_ = s.Run(context.Background())
		})
	}
}

// An actor that comes late never sees its interrupt before its own beginning.
func TestAdd_lateIsNotInterruptedBeforeItBegins(t *testing.T) {
	add := func(s *stop, name string) {
		begun, told := make(chan struct{}), make(chan struct{})
		s.Add(name, func() error { close(begun); <-told; return nil }, func(error) {
			select {
			case <-begun:
				s.mark(name)
			default:
				s.mark(name + " was interrupted before it began")
			}
			close(told)
		})
	}
	for range 20 {
		inBubble(t, func(t *testing.T, s *stop) {
			s.Register("adds", func(context.Context) error { add(s, "while finalizing"); return nil })
			s.Go("adds", func(ctx context.Context) error { <-ctx.Done(); add(s, "while stopping"); return nil })
			s.run()
			s.Stop(nil)
			s.wantResult(t, 0)
			s.wantEvents(t, "while stopping", "while finalizing")
		})
	}
}

// A name is only a name: an actor of the program's own that is called as Main's is
// does not speak for the process.
func TestActorCalledRun_isLikeAnyOther(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Go("run", untilCancelled)
		s.run()
		s.Signal(sigterm)
		s.wantResult(t, 0)
		if status := s.Report().Status; status != (shutdown.Status{}) {
			t.Errorf("status %v, want 0", status)
		}
	})
}
