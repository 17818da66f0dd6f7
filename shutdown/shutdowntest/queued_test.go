package shutdowntest_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/shutdowntest"
)

// strayed is what a test is told of something registered on a line of this file.
func strayed(t *testing.T, got string, names ...string) {
	t.Helper()
	for _, name := range names {
		if want := name + " (shutdowntest/queued_test.go:"; strings.Count(got, want) != 1 {
			t.Errorf("the test is told %q, want in it once %q", got, want)
		}
	}
	if len(names) == 0 && got != "" {
		t.Errorf("the test is told %q, want nothing", got)
	}
}

// astray runs in a context of its own, as a Run(ctx) does that an older test calls.
func astray(ctx context.Context) error {
	shutdown.Finally(context.Background(), "file", func() {})
	m := shutdown.FromContext(context.Background())
	m.Go("pump", untilStopped)
	m.Keep("cache", untilStopped)
	return untilStopped(ctx)
}

func TestRegisteredWithDefault_failsTheTestAtItsEnd(t *testing.T) {
	got := shutdowntest.VerdictOf(t, func(t testing.TB) { shutdowntest.Start(t, astray).Stop() })
	strayed(t, got, `finalizer "file"`, `actor "pump"`, `service "cache"`)

	res, _ := shutdowntest.Attempt(t, astray)
	strayed(t, res.Complaints(res.NothingMisplaced), `finalizer "file"`, `actor "pump"`, `service "cache"`)
}

func TestRegisteredWithDefault_isSaidOnce(t *testing.T) {
	got := shutdowntest.VerdictOf(t, func(t testing.TB) { shutdowntest.Start(t, astray).Stop().Clean() })
	strayed(t, got, `finalizer "file"`, `actor "pump"`, `service "cache"`)
}

// What another test has left, on the same line, is not this one's.
func TestRegisteredWithDefault_beforeIsNoneOfItsBusiness(t *testing.T) {
	constructor := func() { shutdown.Register("own", func() {}) }
	constructor()
	got := shutdowntest.VerdictOf(t, func(t testing.TB) { shutdowntest.Start(t, untilStopped).Stop().Clean() })
	strayed(t, got)
	got = shutdowntest.VerdictOf(t, func(t testing.TB) {
		shutdowntest.Start(t, func(ctx context.Context) error { constructor(); return untilStopped(ctx) }).Stop().Clean()
	})
	strayed(t, got, `finalizer "own"`)
}

func TestRegisteredWithDefault_byAConstructorWithAnotherContextFailsTheTest(t *testing.T) {
	got := shutdowntest.VerdictOf(t, func(t testing.TB) {
		_ = shutdowntest.Context(t)
		shutdown.Finally(t.Context(), "pool", func() {})
	})
	strayed(t, got, `finalizer "pool"`)
}

// A scope ends with its function, whoever runs the manager.
func TestRegisteredWithDefault_aScopeThatIsOpenIsNoFault(t *testing.T) {
	opened, over := make(chan struct{}), make(chan struct{})
	var scope sync.WaitGroup
	scope.Go(func() { // ends with over
		_ = shutdown.Scope(context.Background(), "job", func(context.Context) error { close(opened); <-over; return nil })
	})
	res := shutdowntest.Start(t, func(context.Context) error { <-opened; return nil }).Wait()
	strayed(t, res.Complaints(res.NothingMisplaced))
	close(over)
	scope.Wait()
}
