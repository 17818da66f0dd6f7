package shutdown_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/seed7e043c35/lastcall/shutdown"
)

func TestObserve_hearsEveryEventInOrder(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		var events []string
		s.Observe(func(e shutdown.Event) {
			events = append(events, strings.TrimSpace(e.Type.String()+" "+e.State.String()+" "+e.Component.Name))
		})
		s.Register("older", s.marks("older"))
		s.Register("newer", s.marks("newer"))
		s.Go("actor", untilCancelled)
		s.run()
		s.Stop(nil)
		s.wantResult(t, 0)
		want := []string{
			"state running", "started running actor",
			"state stopping", "finished stopping actor",
			"state finalizing",
			"started finalizing newer", "finished finalizing newer",
			"started finalizing older", "finished finalizing older",
			"state stopped",
		}
		if !slices.Equal(events, want) {
			t.Errorf("events = %q\nwant %q", events, want)
		}
	})
}

func TestObserver_thatComesLateHearsWhatIsInTheQueue(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.run()
		first := make(chan shutdown.Event, 10)
		s.Observe(func(e shutdown.Event) { first <- e })
		if e := <-first; e.Type != shutdown.EventState || e.State != shutdown.Running {
			t.Errorf("first event = %+v", e)
		}
		s.Stop(nil)
		s.wantResult(t, 0)
	})
}

func TestObserverThatBlocks_delaysOnlyTheEndAndNotForLong(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		block := make(chan struct{})
		defer close(block)
		var heard int
		s.Observe(func(shutdown.Event) { <-block })
		s.Observe(func(shutdown.Event) { heard++ })
		s.Register("finalizer", s.marks("finalizer"))
		s.run()
		s.Stop(nil)
		s.wantResult(t, 500*time.Millisecond) // the queues have G/20
		s.wantAt(t, "finalizer", 0)
		if heard == 0 {
			t.Error("the other observer heard nothing")
		}
	})
}

func TestObserver_thatPanicsOrExitsHearsTheNextEvent(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		var heard []shutdown.State
		s.Observe(func(e shutdown.Event) {
			heard = append(heard, e.State)
			if e.State == shutdown.Running {
				panic("observer")
			}
			runtime.Goexit()
		})
		s.run()
		s.Stop(nil)
		s.wantResult(t, 0)
		if want := []shutdown.State{shutdown.Running, shutdown.Stopping, shutdown.Finalizing, shutdown.Stopped}; !slices.Equal(heard, want) {
			t.Errorf("heard %v, want %v", heard, want)
		}
	})
}

func TestObserver_mayCallTheManager(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Observe(func(e shutdown.Event) {
			if e.Type == shutdown.EventState && e.State == shutdown.Running {
				s.Register("registered", s.marks("registered"))
				s.Observe(func(shutdown.Event) {})
				_ = s.Report()
				s.Stop(nil)
			}
		})
		s.run()
		s.wantResult(t, 0)
		s.wantEvents(t, "registered")
	})
}

func TestObserverThatIsTooSlow_isToldHowMuchItMissed(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		const finalizers = 10_000
		for range finalizers {
			s.Register("finalizer", func(context.Context) error { return nil })
		}
		proceed := make(chan struct{})
		heard, missed := 0, ""
		s.Observe(func(e shutdown.Event) {
			<-proceed
			heard++
			if e.Type == shutdown.EventMissed {
				missed = e.Err.Error()
			}
		})
		s.run()
		s.Stop(nil)
		synctest.Wait()
		close(proceed)
		s.wantResult(t, 0)
		if heard > 5000 || !strings.Contains(missed, "events missed") {
			t.Errorf("heard %d events, missed %q", heard, missed)
		}
		if got := s.Report().Totals[shutdown.KindFinalizer].OK; got != finalizers {
			t.Errorf("report counts %d finalizers", got)
		}
	})
}

func TestReminders_comeAtAThirdAndTwoThirdsOfTheGrace(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		s.Grace = 9 * time.Second
		block := make(chan struct{})
		defer close(block)
		s.Observe(func(e shutdown.Event) {
			if e.Type == shutdown.EventWaiting {
				stack := ""
				if stuck := (*shutdown.StuckError)(nil); errors.As(e.Err, &stuck) {
					stack = stuck.Stack
				}
				s.mark(e.Component.Name)
				if e.Took == 6*time.Second && e.Component.Name == "mule" && !strings.Contains(stack, "standStill") {
					t.Errorf("the second reminder has the stack %q", stack)
				}
				if e.Left != 9*time.Second-e.Took {
					t.Errorf("left = %v after %v", e.Left, e.Took)
				}
			}
		})
		s.Go("mule", func(context.Context) error { standStill(block); return nil })
		s.run()
		_, _ = s.Hold("job")
		s.Stop(nil)
		<-s.result
		s.wantEvents(t, "mule", "job", "mule", "job")
	})
}

func TestReport_isBounded(t *testing.T) {
	inBubble(t, func(t *testing.T, s *stop) {
		for i := range 1000 {
			s.Register("finalizer", func(context.Context) error {
				time.Sleep(time.Duration(i) * time.Microsecond)
				return nil
			})
		}
		s.Register("bad", func(context.Context) error { return errBoom })
		s.run()
		s.Stop(nil)
		<-s.result
		r := s.Report()
		if len(r.Outcomes) != 257 || r.Totals[shutdown.KindFinalizer].OK != 1000 {
			t.Errorf("%d outcomes, totals %v", len(r.Outcomes), r.Totals)
		}
		if failures := r.Failures(); len(failures) != 1 || failures[0].Name != "bad" {
			t.Errorf("failures = %v", failures)
		}
		slowest := slices.MaxFunc(r.Outcomes, func(a, b shutdown.Outcome) int { return int(a.Took - b.Took) })
		if slowest.Took != 999*time.Microsecond {
			t.Errorf("slowest took %v", slowest.Took)
		}
		if phases := r.Phases; len(phases) != 2 || phases[1].State != shutdown.Finalizing || phases[1].Took != r.Took {
			t.Errorf("phases = %v", phases)
		}
	})
}

func TestReport_namesWhatWaitsForRun(t *testing.T) {
	var m shutdown.Manager
	m.Register("database", func(context.Context) error { return nil })
	m.Keep("writer", func(context.Context) error { return nil })
	m.Go("server", func(context.Context) error { return nil })
	var got []string
	for _, o := range m.Report().Waiting {
		if o.Began != 0 || o.Took != 0 || !strings.Contains(o.Site, "observe_test.go:") {
			t.Errorf("%v began at %v and takes %v already", o.Component, o.Began, o.Took)
		}
		got = append(got, o.Name)
	}
	if want := []string{"server", "writer", "database"}; !slices.Equal(got, want) {
		t.Errorf("before Run %q wait for it, want %q", got, want)
	}
}

// A logbook collects log lines.
type logbook struct {
	mu    sync.Mutex
	lines []map[string]any
}

func (b *logbook) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for line := range bytes.Lines(p) {
		var fields map[string]any
		if err := json.Unmarshal(line, &fields); err != nil {
			return 0, err
		}
		b.lines = append(b.lines, fields)
	}
	return len(p), nil
}

func (b *logbook) logger(level zerolog.Level) *zerolog.Logger {
	logger := zerolog.New(b).Level(level)
	return &logger
}

func (b *logbook) messages() []string {
	var messages []string
	for _, line := range b.lines {
		messages = append(messages, line["level"].(string)+": "+line["message"].(string))
	}
	return messages
}

func TestLog_ofAGoodStopIsTwoLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, book := newStop(), new(logbook)
		s.Logger = book.logger(zerolog.InfoLevel)
		for range 100 {
			s.Register("finalizer", func(context.Context) error { return nil })
		}
		s.Go("actor", untilCancelled)
		s.run()
		s.Signal(sigterm)
		s.wantResult(t, 0)
		if got, want := book.messages(), []string{"info: stopping", "info: stopped"}; !slices.Equal(got, want) {
			t.Fatalf("log = %q, want %q", got, want)
		}
		if first := book.lines[0]; first["cause"] != "terminated signal received" || first["grace"] != 10000.0 || first["pending"] != 101.0 {
			t.Errorf("first line = %v", first)
		}
		if last := book.lines[1]; last["took"] == nil || last["ok"] != 101.0 {
			t.Errorf("last line = %v", last)
		}
	})
}

func TestLog_saysWhatFailedWasSlowOrStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, book := newStop(), new(logbook)
		s.Logger = book.logger(zerolog.InfoLevel)
		block := make(chan struct{})
		defer close(block)
		s.Register("slow", func(context.Context) error { time.Sleep(100*time.Millisecond + time.Second); return nil })
		s.Register("bad", func(context.Context) error { return errBoom })
		s.Register("mule", func(context.Context) error { standStill(block); return nil }, shutdown.Within(2*time.Second))
		s.run()
		s.Stop(nil)
		<-s.result
		want := []string{
			"info: stopping",
			"warn: overtaken: the next finalizer is started while this one goes on",
			"error: failed",
			"info: not everything went well so far", // the oldest may close the log
			"warn: slow",
			"warn: still waiting", // at a third
			"warn: still waiting", // at two thirds, with its stack
			"error: still running at the end of its time",
			"error: stopped, not everything went well",
		}
		if got := book.messages(); !slices.Equal(got, want) {
			t.Fatalf("log = %q\nwant %q", got, want)
		}
		if stuck := book.lines[7]; stuck["name"] != "mule" || stuck["kind"] != "finalizer" ||
			!strings.Contains(stuck["site"].(string), "observe_test.go:") || !strings.Contains(stuck["stack"].(string), "standStill") {
			t.Errorf("line of the stuck finalizer = %v", stuck)
		}
		if last := book.lines[8]; last["failed"] != 1.0 || last["stuck"] != 1.0 || last["ok"] != 1.0 {
			t.Errorf("last line = %v", last)
		}
	})
}

func TestLog_ofAProgramThatHasMerelyFinishedIsForDebugging(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, book := newStop(), new(logbook)
		s.Logger = book.logger(zerolog.DebugLevel)
		s.Register("finalizer", func(context.Context) error { return nil })
		s.run()
		s.Stop(nil)
		s.wantResult(t, 0)
		if got := book.messages(); !slices.Contains(got, "debug: started") || !slices.Contains(got, "debug: done") {
			t.Errorf("log = %q, lacks the single components", got)
		}
	})
}
