package shutdowntest_test

import (
	"context"
	"syscall"
	"testing"
	"time"

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
