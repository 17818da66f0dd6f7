package shutdown_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// bringsError are the ways in which an error of the program's own comes to the
// manager, besides those of an actor and a finalizer.
var bringsError = map[string]func(s *stop, err error){
	"a service": func(s *stop, err error) {
		s.Keep("hostile", func(context.Context) error { return err })
	},
	"an execute": func(s *stop, err error) {
		s.Add("hostile", func() error { return err }, func(error) {})
	},
	"the value of a panic": func(s *stop, err error) {
		s.Go("hostile", func(context.Context) error { panic(err) })
	},
	"the value of an interrupt's panic": func(s *stop, err error) {
		s.Add("hostile", func() error { return nil }, func(error) { panic(err) })
	},
	"the value of a finalizer's panic": func(s *stop, err error) {
		s.Register("hostile", func(context.Context) error { panic(err) })
		s.Stop(nil)
	},
	"Stop": func(s *stop, err error) { go s.Stop(err) },
	"a service's finalizer": func(s *stop, err error) {
		s.Keep("writer", func(ctx context.Context) error {
			shutdown.Finally(ctx, "hostile", func() error { return err })
			return nil
		})
		s.Stop(nil)
	},
	"a scope's finalizer": func(s *stop, err error) {
		s.Go("worker", func(ctx context.Context) error {
			return shutdown.Scope(ctx, "job", func(ctx context.Context) error {
				shutdown.Finally(ctx, "hostile", func() error { return err })
				return nil
			})
		})
	},
	"a scope that was cut": func(s *stop, err error) {
		s.Go("worker", func(ctx context.Context) error {
			return shutdown.Scope(ctx, "hostile", func(ctx context.Context) error { <-shutdown.Work(ctx).Done(); return err })
		})
		s.Stop(nil)
	},
	"an actor that came late": func(s *stop, err error) {
		s.Register("adds", func(context.Context) error {
			s.Go("hostile", func(context.Context) error { return err })
			return nil
		})
		s.Stop(nil)
	},
}

// However an error comes, and whatever its methods do: the stop has its time,
// the finalizers run, and it is heard of.
func TestHostileError_whereverItComesFrom(t *testing.T) {
	for place, bring := range bringsError {
		t.Run(place, func(t *testing.T) {
			withEachHostileError(t, func(t *testing.T, s *stop, kind string, hostile error) {
				s.Register("finalizer", s.marks("finalizer"))
				s.run()
				bring(s, hostile)
				wished := (place == "an execute" || place == "Stop") && kind == "asks the manager" // to stop: that may be over before it was read
				if err := <-s.result; err == nil && !wished {
					t.Error("Run() = nil")
				}
				if took := time.Since(s.began); took > grace {
					t.Errorf("Run returned after %v", took)
				}
				s.wantEvents(t, "finalizer")
			})
		})
	}
}

// The cause of the parent's end is an error of the program's own, too.
func TestHostileError_asTheParentsCause(t *testing.T) {
	withEachHostileError(t, func(t *testing.T, s *stop, _ string, hostile error) {
		s.Register("finalizer", s.marks("finalizer"))
		s.Go("actor", untilCancelled)
		parent, cancel := context.WithCancelCause(context.Background())
		go func() { s.result <- s.Run(parent) }()
		synctest.Wait()
		s.began = time.Now()
		cancel(hostile)
		err := <-s.result
		if took := time.Since(s.began); err != nil || took > 200*time.Millisecond {
			t.Errorf("Run() failed: %v, after %v", err != nil, took)
		}
		s.wantEvents(t, "finalizer")
	})
}

// A tree is an error that joins, or wraps, itself for ever.
type tree struct{ branches int }

func (e tree) Error() string { return "tree" }

func (e tree) Unwrap() []error {
	all := make([]error, e.branches)
	for i := range all {
		all[i] = e
	}
	return all
}

// A chain is an error that wraps another of its kind for ever.
type chain struct{}

func (chain) Error() string { return "chain" }
func (chain) Unwrap() error { return chain{} }

// As much of an error is read as anybody needs.
func TestErrorWithoutEnd_isReadToACertainDepth(t *testing.T) {
	million := make([]error, 1_000_000)
	for i := range million {
		million[i] = context.Canceled
	}
	thousand := make([]error, 1000)
	for i := range thousand {
		thousand[i] = errors.Join(million[:1000]...)
	}
	for name, hostile := range map[string]error{
		"a chain":                     chain{},
		"a line":                      tree{branches: 1},
		"a tree":                      tree{branches: 2},
		"a thousand times a thousand": errors.Join(thousand...),
		"a million, joined":           errors.Join(million...),
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *stop) {
				s.Register("fails, too", func(context.Context) error { return hostile })
				s.Go("hostile", func(context.Context) error { return hostile })
				s.run()
				s.wantFailure(t, 0)
				if got := len(s.Report().Failures()); got != 2 {
					t.Errorf("%d failures, want 2", got)
				}
			})
		})
	}
}

func TestErrorWithALongText_isKeptTo64KiB(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Go("talks", func(context.Context) error { return errors.New(strings.Repeat("x", 1<<20)) })
		s.Register("panics", func(context.Context) error { panic(strings.Repeat("y", 1<<20)) })
		s.run()
		err := s.wantFailure(t, 0)
		if got, most := len(err.Error()), 2*(64<<10+100); got > most {
			t.Errorf("the result's text has %d bytes, want at most %d", got, most)
		}
	})
}

// What was read when an error came is what is said of it ever after: nobody
// calls its methods again.
func TestErrorIsRead_once(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, calls := newStop(), 0
		s.Go("counts", func(context.Context) error { return countedError{&calls} })
		s.Observe(func(e shutdown.Event) {
			if e.Err != nil {
				_ = e.Err.Error()
			}
		})
		s.run()
		err := s.wantFailure(t, 0)
		_, _, _ = err.Error(), s.Report(), fmt.Sprint(s.Report().Failures())
		if calls != 1 {
			t.Errorf("Error was called %d times, want once", calls)
		}
		if counted := as[countedError](t, err); counted.calls != &calls {
			t.Error("the error itself cannot be found in the result")
		}
	})
}

type countedError struct{ calls *int }

func (e countedError) Error() string { *e.calls++; return "counted" }

// An actor that returns what its Scope returned says our prefix once.
func TestPrefix_standsOnceInFrontOfWhatActorsPassOn(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Go("worker", func(ctx context.Context) error {
			return shutdown.Scope(ctx, "job", func(ctx context.Context) error {
				shutdown.Finally(ctx, "file", func() error { return errBoom })
				return nil
			})
		})
		s.run()
		err := s.wantFailure(t, 0)
		if want := `shutdown: actor "worker": finalizer "file": boom`; err.Error() != want {
			t.Errorf("Run() = %q, want %q", err, want)
		}
	})
}

// An error that says the exit status 0, alone, is a wish.
func TestExitErrorWithStatus0_isNoFailure(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Go("done", func(context.Context) error { return &shutdown.ExitError{Code: 0} })
		s.run()
		s.wantResult(t, 0)
		if got := s.Report().Status.Code; got != 0 {
			t.Errorf("status %d, want 0", got)
		}
	})
}
