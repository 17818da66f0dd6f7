package shutdowntest_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/shutdowntest"
)

// layered is a program with an actor that takes a second to stop, on a service,
// on a database whose closing takes a second of its own.
func layered(ctx context.Context) error {
	m := shutdown.FromContext(ctx)
	shutdown.Finally(ctx, "db", func() { time.Sleep(time.Second) })
	m.Keep("batches", func(ctx context.Context) error { <-ctx.Done(); return nil })
	m.Go("http", func(ctx context.Context) error {
		<-ctx.Done()
		time.Sleep(time.Second)
		return nil
	})
	return untilStopped(ctx)
}

func TestOrder_ofActorsServicesAndFinalizers(t *testing.T) {
	res := shutdowntest.Run(t, layered, shutdowntest.Signal(time.Minute, os.Interrupt))
	res.Order("run", "http", "batches", "db")
	res.Order("db")
	res.Order()
	for _, wrong := range [][]string{{"db", "batches"}, {"batches", "http"}, {"http", "run"}, {"db", "http"}, {"db", "db"}} {
		if got := res.Complaints(func() { res.Order(wrong...) }); !strings.Contains(got, "before") {
			t.Errorf("Order(%q) says %q, want that it is wrong", wrong, got)
		}
	}
}

func TestOrder_wantsToKnowWhatHasEnded(t *testing.T) {
	res := shutdowntest.Run(t, layered, shutdowntest.Signal(time.Minute, os.Interrupt))
	got := res.Complaints(func() { res.Order("http", "cache", "db") })
	for _, want := range []string{`"cache" has not ended`, `actor "http" (shutdowntest/order_test.go:`, `finished`} {
		if !strings.Contains(got, want) {
			t.Errorf("Order does not say %q: %s", want, got)
		}
	}
}

func TestOrder_abandonedActorIsOutOfOrder(t *testing.T) {
	res := shutdowntest.Run(t, func(ctx context.Context) error {
		shutdown.Finally(ctx, "db", func() { time.Sleep(time.Second) })
		<-ctx.Done()
		time.Sleep(9 * time.Second) // half a second longer than actors are waited for
		return nil
	}, shutdowntest.Grace(10*time.Second), shutdowntest.Signal(time.Minute, os.Interrupt))
	got := res.Complaints(func() { res.Order("run", "db") })
	if want := `"db" began to end before "run" had ended`; !strings.Contains(got, want) {
		t.Errorf("Order says %q, want %q", got, want)
	}
}

func TestOrder_overtakenFinalizerIsOutOfOrder(t *testing.T) {
	res := shutdowntest.Run(t, func(ctx context.Context) error {
		shutdown.Finally(ctx, "db", func() { time.Sleep(3 * time.Second) })
		shutdown.Finally(ctx, "cache", func() { time.Sleep(2 * time.Second) }, shutdown.Within(time.Second))
		return untilStopped(ctx)
	}, shutdowntest.Signal(time.Minute, os.Interrupt))
	got := res.Complaints(func() { res.Order("cache", "db") })
	if want := `"db" began to end before "cache" had ended`; !strings.Contains(got, want) {
		t.Errorf("Order says %q, want %q", got, want)
	}
}

func TestOrder_stuckHasNotEnded(t *testing.T) {
	res := shutdowntest.Run(t, func(ctx context.Context) error {
		shutdown.Finally(ctx, "db", hang)
		return untilStopped(ctx)
	}, shutdowntest.Signal(time.Minute, os.Interrupt))
	if got, want := res.Complaints(func() { res.Order("run", "db") }), `"db" has not ended`; !strings.Contains(got, want) {
		t.Errorf("Order says %q, want %q", got, want)
	}
}

func TestOrder_unknownNameSaysWhichNamesThereAre(t *testing.T) {
	res := shutdowntest.Run(t, until(func(ctx context.Context) {
		shutdown.Finally(ctx, "database", func() {})
	}), shutdowntest.Signal(time.Second, os.Interrupt))
	if got, want := res.Complaints(func() { res.Order("db") }), `there are "database", "run"`; !strings.Contains(got, want) {
		t.Errorf("Order says %q, want %q", got, want)
	}
}
