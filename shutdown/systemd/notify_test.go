package systemd_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/shutdowntest"
	"github.com/seed7e043c35/lastcall/shutdown/systemd"
)

// A supervisor is what systemd hears, and when: "2s READY=1".
type supervisor struct {
	began time.Time
	full  func() bool // whether its socket is

	mu    sync.Mutex
	heard []string // guarded by mu
}

func (s *supervisor) receive(message string) (full bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.full != nil && s.full() {
		return true
	}
	s.heard = append(s.heard, fmt.Sprintf("%v %s", time.Since(s.began), strings.ReplaceAll(message, "\n", " ")))
	return false
}

// about returns what s has heard that contains one of the words.
func (s *supervisor) about(words ...string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.heard), func(message string) bool {
		return !slices.ContainsFunc(words, func(word string) bool { return strings.Contains(message, word) })
	})
}

// attend lets s hear of the program from before its beginning.
func (s *supervisor) attend() shutdowntest.Option {
	return shutdowntest.At(0, func(m *shutdown.Manager) {
		s.began = time.Now()
		systemd.NotifyBy(m, 0, s.receive, nil)
	})
}

// check compares what systemd heard; a want that ends in … is the beginning of
// what it should have heard, where the rest depends on who is faster.
func check(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.EqualFunc(got, want, func(got, want string) bool {
		beginning, open := strings.CutSuffix(want, "…")
		return got == want || open && strings.HasPrefix(got, beginning)
	}) {
		t.Errorf("%s:\n\t%s\nwant\n\t%s", what, strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

func untilStopped(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

func TestTheWholeLife(t *testing.T) {
	s := &supervisor{}
	res := shutdowntest.Run(t, func(ctx context.Context) error {
		shutdown.Finally(ctx, "db", func() { time.Sleep(1100 * time.Millisecond) })
		shutdown.FromContext(ctx).Go("http", func(ctx context.Context) error {
			<-ctx.Done()
			time.Sleep(2300 * time.Millisecond)
			return nil
		})
		return untilStopped(ctx)
	},
		s.attend(),
		shutdowntest.Grace(20*time.Second),
		shutdowntest.Drain(1500*time.Millisecond),
		shutdowntest.Signal(time.Minute, syscall.SIGTERM))
	res.Clean()
	check(t, "systemd heard", s.heard, []string{
		"0s READY=1 STATUS=running",
		"1m0s STOPPING=1 EXTEND_TIMEOUT_USEC=21000000 STATUS=draining: not ready any more, still serving (20s left)",
		"1m1s STATUS=draining: not ready any more, still serving (19s left)",
		"1m1.5s STATUS=stopping…",
		`1m2s EXTEND_TIMEOUT_USEC=19000000 STATUS=stopping: waiting for actor "http" (18s left)`, // run has ended
		`1m3s STATUS=stopping: waiting for actor "http" (17s left)`,
		"1m3.8s STATUS=finalizing…",
		`1m4s EXTEND_TIMEOUT_USEC=17000000 STATUS=finalizing: waiting for finalizer "db" (16s left)`, // http has ended
		"1m4.9s STATUS=stopped in 4.9s",
	})
}

func TestReadyIsSaidWhereNotifyIsCalled(t *testing.T) {
	s := &supervisor{}
	res := shutdowntest.Run(t, func(ctx context.Context) error {
		s.began = time.Now()
		time.Sleep(3 * time.Second) // the program's setup
		systemd.NotifyBy(shutdown.FromContext(ctx), 0, s.receive, nil)
		return untilStopped(ctx)
	}, shutdowntest.Signal(10*time.Second, os.Interrupt))
	res.Clean()
	check(t, "systemd heard", s.about("READY=", "STOPPING="), []string{
		"3s READY=1 STATUS=running",
		"10s STOPPING=1 EXTEND_TIMEOUT_USEC=10000000 STATUS=…",
	})
}

func TestAProgramThatStopsAtOnceWasReadyFirst(t *testing.T) {
	s := &supervisor{}
	shutdowntest.Run(t, untilStopped, s.attend(),
		shutdowntest.At(0, func(m *shutdown.Manager) { m.Stop(nil) })).Clean()
	got := s.about("READY=", "STOPPING=")
	if len(got) != 2 || !strings.HasPrefix(got[0], "0s READY=1") || !strings.HasPrefix(got[1], "0s STOPPING=1") {
		t.Errorf("systemd heard %q, want READY=1 and then STOPPING=1", got)
	}
}

func TestTheExtensionIsNotRepeatedWhileNothingEnds(t *testing.T) {
	s := &supervisor{}
	shutdowntest.Run(t, func(ctx context.Context) error {
		<-ctx.Done()
		time.Sleep(5500 * time.Millisecond)
		return nil
	}, s.attend(), shutdowntest.Signal(time.Second, os.Interrupt)).Clean()
	got := s.about("EXTEND_TIMEOUT_USEC=")
	check(t, "systemd was asked for more time", got, []string{"1s STOPPING=1 EXTEND_TIMEOUT_USEC=10000000…"})
}

func TestStatusNamesThreeAndCountsFailures(t *testing.T) {
	s := &supervisor{}
	shutdowntest.Run(t, func(ctx context.Context) error {
		m := shutdown.FromContext(ctx)
		for i := range 5 {
			m.Go(fmt.Sprint("worker\n", i), func(ctx context.Context) error {
				<-ctx.Done()
				time.Sleep(time.Duration(1200+100*i) * time.Millisecond)
				return errors.New("torn")
			})
		}
		<-ctx.Done()
		time.Sleep(500 * time.Millisecond)
		return nil
	}, s.attend(), shutdowntest.Signal(time.Minute, os.Interrupt))
	check(t, "systemd heard", s.about("1m1s", "stopped"), []string{
		`1m1s EXTEND_TIMEOUT_USEC=9000000 STATUS=stopping: waiting for ` +
			`actor "worker\n0", actor "worker\n1", actor "worker\n2", 2 more (8s left)`,
		"1m1.6s STATUS=stopped in 1.6s: 5 failed, 0 stuck, 0 cut",
	})
}

func TestAFullSocketIsTriedAgainForWhatMatters(t *testing.T) {
	s := &supervisor{}
	s.full = func() bool { return time.Since(s.began) < 2250*time.Millisecond }
	shutdowntest.Run(t, func(ctx context.Context) error {
		<-ctx.Done()
		time.Sleep(3 * time.Second)
		return nil
	}, s.attend(), shutdowntest.Signal(time.Second, os.Interrupt)).Clean()
	got := s.about("")
	for i, want := range []string{
		"2.3s READY=1",    // kept
		"2.3s STOPPING=1", // kept, and after READY=1
		"3s STATUS=",      // that of 2 s was dropped
	} {
		if i >= len(got) || !strings.HasPrefix(got[i], want) {
			t.Fatalf("systemd heard %q, want its message %d to begin with %q", got, i, want)
		}
	}
}

func TestASocketThatStaysFullDelaysNothing(t *testing.T) {
	s := &supervisor{full: func() bool { return true }}
	res := shutdowntest.Run(t, untilStopped, s.attend(), shutdowntest.Signal(time.Second, os.Interrupt))
	res.Clean()
	if got := res.Report.Took; got != 0 {
		t.Errorf("the stop took %v, want 0s", got)
	}
}
