package shutdowntest_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed7e043c35/lastcall/internal/parallel"
	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/shutdowntest"
)

// run is a program: a worker that takes a job of three seconds whenever it has
// done one, and a database under it.
func run(ctx context.Context) error {
	shutdown.Finally(ctx, "database", func() error { return nil })
	shutdown.FromContext(ctx).Go("worker", func(ctx context.Context) error {
		for ctx.Err() == nil {
			time.Sleep(3 * time.Second) // a job
		}
		return nil
	})
	<-ctx.Done()
	return nil
}

func TestSIGTERM_finishesTheJobInHand(t *testing.T) {
	res := shutdowntest.Run(t, run,
		shutdowntest.Drain(2*time.Second),
		shutdowntest.Signal(time.Minute, syscall.SIGTERM)) // a minute that takes no time
	res.Clean()                     // nothing failed, hung, leaked or was forced
	res.Order("worker", "database") // ended in this order, each before the next began to
	if got, want := res.Status.String(), "0"; got != want {
		t.Errorf("the process would have ended with %s, want %s", got, want)
	}
}

// A spool is part of a program; ctx says when it ends.
type spool struct{ closed bool }

func openSpool(ctx context.Context) *spool {
	s := &spool{}
	shutdown.Finally(ctx, "spool", func() { s.closed = true })
	return s
}

func (s *spool) put(string) error {
	if s.closed {
		return errors.New("the spool is closed")
	}
	return nil
}

func TestSpool_takesWhatItIsGiven(t *testing.T) {
	s := openSpool(shutdowntest.Context(t)) // closed with the test, which fails if that fails
	if err := s.put("a letter"); err != nil {
		t.Error(err)
	}
}

// main is that of the program with the listener and the database.
func main() {
	shutdown.Main(func(ctx context.Context) error {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		fmt.Println("listening on", ln.Addr())
		return serve(ctx, ln, openDatabase())
	})
}

func TestMain(m *testing.M) {
	if os.Getenv("BE_THE_SHOP") != "" {
		main() // the test binary is the program, where a test has started it as one
	}
	parallel.AtLeast(8)
	os.Exit(m.Run())
}

func TestCtrlC_endsTheShopWithStatus0(t *testing.T) {
	p := shutdowntest.Exec(t, exec.Command(os.Args[0]), shutdowntest.Env("BE_THE_SHOP=1"))
	_, addr, _ := strings.Cut(p.Line("listening on "), "listening on ")
	if _, err := http.Get("http://" + addr + "/order"); err != nil {
		t.Error(err)
	}
	p.CtrlC()
	p.Wait().Clean() // status 0, or death by the signal that was sent; no process left behind
}
