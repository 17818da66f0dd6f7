package shutdowntest_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/actors"
	"github.com/seed7e043c35/lastcall/shutdown/shutdowntest"
)

// A shop is a service with a listener, and a database under it.
type shop struct {
	listener net.Listener
	database io.Closer
	taking   chan struct{} // receives when an order has come
	paid     chan struct{} // an order is answered when it receives
}

func (s *shop) run(ctx context.Context) error {
	shutdown.Finally(ctx, "database", s.database.Close)
	return actors.HTTP(&http.Server{Handler: s}, s.listener)(ctx)
}

func (s *shop) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	s.taking <- struct{}{}
	<-s.paid
	_, _ = io.WriteString(w, "thank you")
}

type database struct{ closed bool }

func (d *database) Close() error { d.closed = true; return nil }

func newShop(t *testing.T) *shop {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return &shop{listener: ln, database: &database{}, taking: make(chan struct{}), paid: make(chan struct{})}
}

func TestSIGTERM_answersTheOrderInHand(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	p := shutdowntest.Start(t, s.run)
	answer := order(s.listener.Addr().String())
	<-s.taking
	p.Signal(syscall.SIGTERM)
	s.paid <- struct{}{}
	if got, want := <-answer, "thank you"; got != want {
		t.Errorf("the order was answered with %q, want %q", got, want)
	}
	res := p.Wait()
	res.Clean()
	res.Order("run", "database")
}

// order orders something and sends the answer, or the error.
func order(addr string) <-chan string {
	answer := make(chan string, 1)
	go func() { // ends with the answer
		resp, err := http.Get("http://" + addr)
		if err != nil {
			answer <- err.Error()
			return
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		answer <- string(body)
	}()
	return answer
}

func TestStart_stopsWithTheTest(t *testing.T) {
	t.Parallel()
	var p *shutdowntest.Program
	t.Run("test", func(t *testing.T) {
		s := newShop(t)
		p = shutdowntest.Start(t, s.run)
		p.Port(s.listener.Addr().String())
	})
	if got, want := p.Manager().State(), shutdown.Stopped; got != want {
		t.Errorf("after its test the program is %v, want %v", got, want)
	}
}

func TestStart_failsTheTestInWhichSomethingIsStuck(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	defer close(release)
	got := shutdowntest.VerdictOf(t, func(t testing.TB) {
		shutdowntest.Start(t, func(context.Context) error { <-release; return nil }, shutdowntest.Grace(time.Second))
	})
	for _, want := range []string{`actor "run"`, "still running", "program_test.go"} {
		if !strings.Contains(got, want) {
			t.Errorf("the test fails with %q, want in it %q", got, want)
		}
	}
}

func TestStart_failsTheTestThatDoesNotAskHowItEnded(t *testing.T) {
	t.Parallel()
	for want, start := range map[string]func(t testing.TB) *shutdowntest.Program{
		"panic: boo": func(t testing.TB) *shutdowntest.Program {
			return shutdowntest.Start(t, func(context.Context) error { panic("boo") })
		},
		"no disk": func(t testing.TB) *shutdowntest.Program {
			return shutdowntest.Start(t, func(context.Context) error { return errors.New("no disk") })
		},
		"Drain is": func(t testing.TB) *shutdowntest.Program {
			return shutdowntest.Start(t, untilStopped, shutdowntest.Drain(time.Hour))
		},
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			got := shutdowntest.VerdictOf(t, func(t testing.TB) { start(t) })
			if !strings.Contains(got, want) {
				t.Errorf("the test fails with %q, want in it %q", got, want)
			}
			asked := shutdowntest.VerdictOf(t, func(t testing.TB) { start(t).Wait() })
			if asked != "" {
				t.Errorf("the test that has asked fails with %q, want it to judge that itself", asked)
			}
		})
	}
}

func TestStart_doesNotOutwaitTheTests(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	defer close(release)
	stuck := func(context.Context) error { <-release; return nil }
	got := shutdowntest.VerdictInTime(t, time.Second, func(t testing.TB) {
		shutdowntest.Start(t, stuck, shutdowntest.Grace(time.Hour))
	})
	for _, want := range []string{"does not end", "program_test.go"} {
		if !strings.Contains(got, want) {
			t.Errorf("the test fails with %q, want in it %q", got, want)
		}
	}
}

func TestStart_portSaysWhyTheProgramHasEnded(t *testing.T) {
	t.Parallel()
	got := shutdowntest.VerdictOf(t, func(t testing.TB) {
		shutdowntest.Start(t, func(context.Context) error { return errors.New("no such address") }).Port("127.0.0.1:1")
	})
	if want := "it has ended: shutdown: actor \"run\": no such address"; !strings.Contains(got, want) {
		t.Errorf("Port says %q, want in it %q", got, want)
	}
}

func TestStart_thatReturnsByItselfIsCleanAndMayBeSignalled(t *testing.T) {
	t.Parallel()
	p := shutdowntest.Start(t, func(context.Context) error { return nil })
	p.Wait().Clean()
	p.Signal(syscall.SIGTERM)
	if got, want := p.Stop().Report.Cause.Error(), "shutdown: actor \"run\" returned"; got != want {
		t.Errorf("the cause is %q, want %q", got, want)
	}
}

func TestStart_manyAtOnceAreToldApart(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	defer close(release)
	leaky := shutdowntest.Start(t, func(ctx context.Context) error { go func() { <-release }(); return untilStopped(ctx) })
	tidy := shutdowntest.Start(t, untilStopped)
	for range 20 {
		shutdowntest.Start(t, untilStopped)
	}
	tidy.Stop().Clean()
	if got, want := leaky.Manager().State(), shutdown.Stopping; got >= want {
		t.Errorf("the stop of one program took another to %v", got)
	}
	res := leaky.Stop()
	if got := res.Complaints(res.Clean); strings.Count(got, "outlived") != 1 || !strings.Contains(got, "program_test.go") {
		t.Errorf("Clean says %q, want the one goroutine that was left", got)
	}
}

func TestStart_readsNothingOfTheEnvironment(t *testing.T) {
	t.Setenv("SHUTDOWN_GRACE", "nonsense")
	res := shutdowntest.Start(t, untilStopped).Stop()
	res.Clean()
	if got, want := res.Report.Grace, shutdown.DefaultGrace; got != want {
		t.Errorf("Grace = %v, want %v", got, want)
	}
}

func TestStart_tellsTheStatus(t *testing.T) {
	t.Parallel()
	p := shutdowntest.Start(t, func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
		shutdowntest.Signal(10*time.Millisecond, os.Interrupt))
	if got, want := p.Wait().Status.String(), "SIGINT"; got != want {
		t.Errorf("Status = %s, want %s", got, want)
	}
}

func TestContext_runsWhatWasRegisteredAtTheEndOfTheTest(t *testing.T) {
	t.Parallel()
	before := shutdown.Default().Report().Pending
	var ran []string
	t.Run("test", func(t *testing.T) {
		ctx := shutdowntest.Context(t)
		shutdown.Finally(ctx, "oldest", func() { ran = append(ran, "oldest") })
		shutdown.Finally(ctx, "newest", func() { ran = append(ran, "newest") })
		if ctx.Err() != nil {
			t.Errorf("the context has ended: %v", ctx.Err())
		}
	})
	if got, want := strings.Join(ran, " "), "newest oldest"; got != want {
		t.Errorf("%q were run, want %q", got, want)
	}
	if got := shutdown.Default().Report().Pending; got > before+1 { // one of a test that shows just that
		t.Errorf("%d have piled up on Default()", got-before)
	}
}

// Both take their time from the bubble, where no test has a deadline.
func TestStartAndContext_inABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shutdown.Finally(shutdowntest.Context(t), "slow", func() { time.Sleep(time.Second) })
		p := shutdowntest.Start(t, func(ctx context.Context) error { <-ctx.Done(); time.Sleep(3 * time.Second); return nil })
		time.Sleep(time.Minute)
		res := p.Stop()
		res.Clean()
		if got, want := res.Report.Took, 3*time.Second; got != want {
			t.Errorf("the stop took %v, want %v", got, want)
		}
	})
}

func TestContext_failsTheTestWhenAFinalizerFails(t *testing.T) {
	t.Parallel()
	got := shutdowntest.VerdictOf(t, func(t testing.TB) {
		shutdown.Finally(shutdowntest.Context(t), "db", func() error { return errors.New("torn") })
	})
	if !strings.Contains(got, `finalizer "db"`) || strings.Count(got, "torn") != 1 {
		t.Errorf("the test fails with %q, want what failed, once", got)
	}
}
