package shutdown_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// A worker is work of one kind that ends when its time is up, and then brings
// what end returns.
type worker struct {
	kind  shutdown.Kind
	begin func(s *stop, end func(work context.Context) error)
}

var workers = map[string]worker{
	"actor": {shutdown.KindActor, func(s *stop, end func(context.Context) error) {
		s.Go("work", inWork(end))
	}},
	"service": {shutdown.KindService, func(s *stop, end func(context.Context) error) {
		s.Keep("work", inWork(end))
	}},
	"scope": {shutdown.KindScope, func(s *stop, end func(context.Context) error) {
		go func() { _ = shutdown.Scope(s.Context(), "work", inWork(end)) }()
	}},
	"scope in an actor": {shutdown.KindScope, func(s *stop, end func(context.Context) error) {
		s.Go("around", func(ctx context.Context) error { _ = shutdown.Scope(ctx, "work", inWork(end)); return nil })
	}},
	"constructor": {shutdown.KindScope, func(s *stop, end func(context.Context) error) {
		go func() { _ = shutdown.Construct(s.Context(), "work", inWork(end)) }()
	}},
}

func inWork(end func(work context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		work := shutdown.Work(ctx)
		<-work.Done()
		return end(work)
	}
}

// cutShort are the errors that say nothing but that the work was cut.
var cutShort = map[string]func(work context.Context) error{
	"its context's error":      func(work context.Context) error { return work.Err() },
	"its context's cause":      func(work context.Context) error { return context.Cause(work) },
	"context.Canceled":         func(context.Context) error { return context.Canceled },
	"context.DeadlineExceeded": func(context.Context) error { return context.DeadlineExceeded },
	"one that is wrapped":      func(work context.Context) error { return fmt.Errorf("import: %w", work.Err()) },
	"two, joined":              func(work context.Context) error { return errors.Join(work.Err(), context.Cause(work)) },
	"the cause of the stop":    func(context.Context) error { return shutdown.ErrStopped },
}

func TestCut_isWhoeverBringsNothingButACancellation(t *testing.T) {
	for kind, w := range workers {
		for name, end := range cutShort {
			t.Run(kind+" that returns "+name, func(t *testing.T) {
				inBubble(t, func(t *testing.T, s *stop) {
					s.Register("older", s.marks("older"))
					s.run()
					w.begin(s, end)
					synctest.Wait()
					s.Stop(nil)
					err := <-s.result
					if cut := as[*shutdown.CutError](t, err); cut.Name != "work" || cut.Kind != w.kind {
						t.Errorf("cut = %v", cut)
					}
					for _, not := range []error{context.Canceled, context.DeadlineExceeded, shutdown.ErrStopped} {
						if errors.Is(err, not) {
							t.Errorf("Run() = %v, which passes for %v", err, not)
						}
					}
					s.wantTotals(t, w.kind, shutdown.Total{Cut: 1})
				})
			})
		}
	}
}

// wantTotals checks how many of a kind have ended how, but for those that have
// ended well.
func (s *stop) wantTotals(t *testing.T, kind shutdown.Kind, want shutdown.Total) {
	t.Helper()
	got := s.Report().Totals[kind]
	got.OK = 0
	if got != want {
		t.Errorf("totals of %v = %+v, want %+v", kind, got, want)
	}
	if code := s.Report().Status.Code; (code == 0) != (want == shutdown.Total{}) {
		t.Errorf("status %d with %+v", code, want)
	}
}

func TestCut_isNobodyWhoReturnsNil(t *testing.T) {
	for kind, w := range workers {
		t.Run(kind, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *stop) {
				s.Register("older", s.marks("older"))
				s.run()
				w.begin(s, func(context.Context) error { return nil })
				synctest.Wait()
				s.Stop(nil)
				if err := <-s.result; err != nil {
					t.Errorf("Run() = %v", err)
				}
				s.wantTotals(t, w.kind, shutdown.Total{})
			})
		})
	}
}

// An error of its own is a failure of its own; that of a scope is its caller's.
func TestCut_isNobodyWhoFailsInAWayOfHisOwn(t *testing.T) {
	for kind, w := range workers {
		for name, own := range map[string]error{"its own": errBoom, "its own and a cancellation": errors.Join(errBoom, context.Canceled)} {
			t.Run(kind+" with "+name, func(t *testing.T) {
				inBubble(t, func(t *testing.T, s *stop) {
					s.Register("older", s.marks("older"))
					s.run()
					w.begin(s, func(context.Context) error { return own })
					synctest.Wait()
					s.Stop(nil)
					err, want := <-s.result, shutdown.Total{}
					if w.kind != shutdown.KindScope {
						want.Failed = 1
						if !errors.Is(err, errBoom) {
							t.Errorf("Run() = %v", err)
						}
					}
					s.wantTotals(t, w.kind, want)
				})
			})
		}
	}
}

// Who was left behind and returns after that has been cut all the same, and is
// not called stuck.
func TestCut_isAlsoWhoReturnsAfterHeWasLeftBehind(t *testing.T) {
	for _, kind := range []string{"actor", "scope"} {
		t.Run(kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, w := newStop(), workers[kind]
				s.Register("older", func(context.Context) error { s.mark("older"); time.Sleep(900 * time.Millisecond); return nil })
				s.run()
				w.begin(s, func(work context.Context) error { time.Sleep(time.Second); return work.Err() })
				synctest.Wait()
				s.Stop(nil)
				if cut := as[*shutdown.CutError](t, s.wantFailure(t, 9400*time.Millisecond)); cut.Name != "work" {
					t.Errorf("cut = %v", cut)
				}
				s.wantAt(t, "older", 8500*time.Millisecond)
				s.wantTotals(t, w.kind, shutdown.Total{Cut: 1})
			})
		})
	}
}

// A stop that is forced cuts everybody, at once, and says why.
func TestForcedStop_cutsWorkOfEachKind(t *testing.T) {
	for kind, w := range workers {
		t.Run(kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, why := newStop(), make(chan error, 1)
				s.Register("older", s.marks("older"))
				s.run()
				w.begin(s, func(work context.Context) error { why <- context.Cause(work); return work.Err() })
				synctest.Wait()
				s.Signal(os.Interrupt)
				time.Sleep(time.Second)
				s.Signal(os.Interrupt)
				err := s.wantFailure(t, time.Second)
				if cut := as[*shutdown.CutError](t, err); cut.Name != "work" || !errors.Is(err, shutdown.ErrForced) {
					t.Errorf("Run() = %v", err)
				}
				if got := <-why; got != shutdown.ErrForced {
					t.Errorf("the cause of the work's end = %v", got)
				}
				s.wantTotals(t, w.kind, shutdown.Total{Cut: 1})
			})
		})
	}
}

// At Stopped the context of work ends like the others, with the cause of the stop:
// nobody has been cut.
func TestWorkContext_endsWithWhatEndedIt(t *testing.T) {
	for name, c := range map[string]struct {
		takes time.Duration
		want  error
	}{
		"in time":  {7 * time.Second, shutdown.ErrStopped},
		"too late": {8100 * time.Millisecond, shutdown.ErrCut},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *stop) {
				s.Go("worker", func(ctx context.Context) error { <-ctx.Done(); time.Sleep(c.takes); return nil })
				s.run()
				s.Stop(nil)
				<-s.result
				if got := context.Cause(s.WorkContext()); got != c.want {
					t.Errorf("cause = %v, want %v", got, c.want)
				}
			})
		})
	}
}
