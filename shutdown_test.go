//go:build unix

// The whole, all packages together, as the README promises it: a shop that
// takes orders is stopped in each of the ways in which programs are stopped, and
// watched from outside. internal/e2e has everything else that can happen to it.
package lastcall_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed7e043c35/lastcall/resource"
	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/actors"
	"github.com/seed7e043c35/lastcall/shutdown/shutdowntest"
)

// TestMain is the shop's main, where a test has started it as one.
func TestMain(m *testing.M) {
	if trouble, ok := os.LookupEnv("SHOP_TROUBLE"); ok {
		shutdown.Main(func(ctx context.Context) error { return shop(ctx, trouble) })
	}
	os.Exit(m.Run())
}

// shop is a program with a database, a batch writer on top of that, a server
// on top of both, and a trouble of its own.
func shop(ctx context.Context, trouble string) error {
	shutdown.Finally(ctx, "database", says("database closed"))
	if register := troubles[trouble]; register != nil {
		register(ctx)
	}
	shutdown.FromContext(ctx).Keep("writer", func(ctx context.Context) error {
		<-ctx.Done()
		return says("writer flushed")()
	})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	srv := &http.Server{Handler: http.HandlerFunc(takeOrder)}
	fmt.Println("listening on", ln.Addr())
	return actors.HTTP(srv, ln)(ctx)
}

// takeOrder takes an order for as long as the stop needs to begin.
func takeOrder(w http.ResponseWriter, r *http.Request) {
	fmt.Println("order taken")
	<-shutdown.FromContext(r.Context()).Draining()
	<-time.After(200 * time.Millisecond)
	_, _ = io.WriteString(w, "thank you")
}

// troubles are what stands between the database and the rest.
var troubles = map[string]func(ctx context.Context){
	"a stuck cleanup": func(ctx context.Context) {
		shutdown.Finally(ctx, "cache", func() { fmt.Println("cache is stuck"); select {} })
	},
	"a failing cleanup": func(ctx context.Context) {
		shutdown.Finally(ctx, "cache", func() error { return errors.New("disk full") })
	},
	"a panic": func(ctx context.Context) {
		shutdown.FromContext(ctx).Go("pump", func(context.Context) error { panic("burst") })
	},
	"a forgotten file": func(ctx context.Context) {
		resource.Ensure(ctx, &forgotten{}, says("file closed"))
	},
	"impatience": func(ctx context.Context) {
		shutdown.Finally(ctx, "slow", func(ctx context.Context) { <-ctx.Done() })
		shutdown.Finally(ctx, "tells", func() { time.AfterFunc(600*time.Millisecond, func() { fmt.Println("no echo any more") }) })
	},
}

// A forgotten file is one that its owner does not close.
type forgotten struct{}

func (*forgotten) IsClosed() bool { return false }

// says returns a cleanup that can be watched.
func says(text string) func() error {
	return func() error { _, err := fmt.Println(text); return err }
}

const grace = 2 * time.Second

// open starts the shop and returns it with its address.
func open(t *testing.T, trouble string) (p *shutdowntest.Process, url string) {
	t.Helper()
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "SHOP_TROUBLE="+trouble, "GOCOVERDIR=", "SHUTDOWN_DRAIN=", "JOURNAL_STREAM=")
	p = shutdowntest.Exec(t, cmd, shutdowntest.Grace(grace))
	return p, strings.Replace(p.Line("listening on"), "listening on ", "http://", 1)
}

// closed asserts how the shop ended: with this status, within the grace, and
// after everything had been closed in its order.
func closed(t *testing.T, p *shutdowntest.Process, status string) *shutdowntest.Exit {
	t.Helper()
	end := p.Wait()
	if got := end.Status.String(); got != status {
		t.Errorf("the shop ended with %s, want %s:\n%v", got, status, end)
	}
	if end.Took > grace+250*time.Millisecond {
		t.Errorf("the shop was gone after %v, want at most %v", end.Took, grace)
	}
	flushed, last := strings.Index(end.Stdout, "writer flushed"), strings.Index(end.Stdout, "database closed")
	if flushed < 0 || last < flushed {
		t.Errorf("want the writer flushed and the database closed after it:\n%v", end)
	}
	return end
}

func TestSIGTERM_answersTheOrderInHandThenClosesEverything(t *testing.T) {
	p, url := open(t, "")
	answer := make(chan string, 1)
	go func() { answer <- order(url) }() // ends with the answer, or the shop
	p.Line("order taken")
	p.Signal(syscall.SIGTERM)
	closed(t, p, "0").Clean()
	if got, want := <-answer, "thank you"; got != want {
		t.Errorf("the order was answered with %q, want %q", got, want)
	}
}

// order orders something and returns the answer.
func order(url string) string {
	resp, err := http.Get(url)
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return strings.TrimSuffix(string(body)+" "+fmt.Sprint(err), " <nil>")
}

func TestCtrlC_endsAsWell(t *testing.T) {
	p, _ := open(t, "")
	p.CtrlC()
	closed(t, p, "0").Clean()
}

func TestStuckCleanup_isOvertakenAndNamedWithItsLine(t *testing.T) {
	p, _ := open(t, "a stuck cleanup")
	p.Signal(syscall.SIGTERM)
	p.Line("cache is stuck")
	prints(t, closed(t, p, "124"), `"cache"`, "shutdown_test.go:")
}

func TestFailedCleanup_isNoSuccess(t *testing.T) {
	p, _ := open(t, "a failing cleanup")
	p.Signal(syscall.SIGTERM)
	prints(t, closed(t, p, "1"), "disk full")
}

func TestPanicInOnePart_closesTheOthersFirst(t *testing.T) {
	p, _ := open(t, "a panic")
	prints(t, closed(t, p, "2"), "panic: burst", "shutdown_test.go:")
}

func TestForgottenResource_isClosedAndTold(t *testing.T) {
	p, _ := open(t, "a forgotten file")
	p.Signal(syscall.SIGTERM)
	prints(t, closed(t, p, "0"), "file closed", "not closed by its owner", "shutdown_test.go:")
}

func TestSecondCtrlC_startsEveryCleanupAndEndsNow(t *testing.T) {
	p, _ := open(t, "impatience")
	p.CtrlC()
	p.Line("no echo any more")
	p.CtrlC()
	if end := closed(t, p, "SIGINT"); end.Took > time.Second {
		t.Errorf("the shop was gone after %v, want some 0.8 s", end.Took)
	}
}

// prints asserts that each of the texts is among what the shop has printed.
func prints(t *testing.T, end *shutdowntest.Exit, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(end.Output, text) {
			t.Errorf("the shop has not printed %q:\n%v", text, end)
		}
	}
}
