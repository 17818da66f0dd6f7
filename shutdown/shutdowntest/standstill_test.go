package shutdowntest_test

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/actors"
	"github.com/seed7e043c35/lastcall/shutdown/shutdowntest"
)

// listens is a program with a socket, as the one of the README.
func listens(ctx context.Context) error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	return actors.HTTP(&http.Server{}, ln)(ctx)
}

func TestRun_saysWhatHoldsItsClock(t *testing.T) {
	outside := make(chan struct{})
	t.Cleanup(func() { close(outside) })
	var locked sync.Mutex
	locked.Lock()
	t.Cleanup(locked.Unlock)
	for name, c := range map[string]struct {
		run  func(ctx context.Context) error
		want string
	}{
		"a listener": {listens, "net.(*TCPListener).Accept, shutdowntest/standstill_test.go:"},
		"a channel from outside": {
			func(context.Context) error { <-outside; return nil },
			"chan receive, shutdowntest/standstill_test.go:",
		},
		"a lock": {
			func(context.Context) error { locked.Lock(); defer locked.Unlock(); return nil },
			"sync.(*Mutex).Lock, shutdowntest/standstill_test.go:",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			said := shutdowntest.Standstill(t, c.run)
			for _, want := range []string{c.want, "shutdowntest.Start"} {
				if !strings.Contains(said, want) {
					t.Errorf("Run says %q, want in it %q", said, want)
				}
			}
		})
	}
}

// A bubble of the test's own cannot be left.
func TestRun_inABubbleOfTheTestsOwnPanicsWhenTheClockStandsStill(t *testing.T) {
	t.Parallel()
	const variable = "SHUTDOWNTEST_STANDSTILL"
	if os.Getenv(variable) != "" {
		synctest.Test(t, func(t *testing.T) { shutdowntest.Run(t, listens) })
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), variable+"=1")
	end := shutdowntest.Exec(t, cmd).Wait()
	if got, want := end.Status.Code, 2; got != want || !strings.Contains(end.Output, "panic: shutdowntest: the fake clock has stood still") {
		t.Errorf("the test binary ended with %d, want %d, and a panic that says why:\n%v", got, want, end)
	}
}

func TestRun_thatWorksForLongDoesNotStandStill(t *testing.T) {
	t.Parallel()
	var worked atomic.Bool
	timer := time.AfterFunc(2*time.Second, func() { worked.Store(true) }) // of real time: this is outside of the bubble
	defer timer.Stop()
	said := shutdowntest.Standstill(t, func(context.Context) error {
		for !worked.Load() {
			runtime.Gosched()
		}
		return nil
	})
	if said != "" {
		t.Errorf("Run says %q of a program that is working, want nothing", said)
	}
}

func TestFailNowInRun_endsTheTest(t *testing.T) {
	t.Parallel()
	if os.Getenv("SHUTDOWNTEST_FAILNOW") != "" {
		shutdowntest.Run(t, func(context.Context) error { return nil }, shutdowntest.Signal(time.Second, os.Interrupt),
			shutdowntest.At(0, func(*shutdown.Manager) { t.FailNow() }))
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), "SHUTDOWNTEST_FAILNOW=1")
	if got, want := shutdowntest.Exec(t, cmd).Wait().Status.Code, 1; got != want {
		t.Errorf("the test binary ended with %d, want %d", got, want)
	}
}
