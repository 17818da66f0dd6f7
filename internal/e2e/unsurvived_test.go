//go:build unix

package e2e_test

import (
	"context"
	stdlog "log"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"testing"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// What cannot be survived: the documentation says so, and these tests show it.

func TestOSExitInAFinalizerCannotBeSurvived(t *testing.T) {
	t.Parallel()
	p := startAndTerminate(t, "os.Exit in a finalizer")
	p.ends(exit(9), grace)
	p.said("newest")
}

func TestStandardLogFatalInAFinalizerCannotBeSurvived(t *testing.T) {
	t.Parallel()
	p := startAndTerminate(t, "the standard log's Fatal in a finalizer")
	p.ends(exit(1), grace)
	p.said("newest")
}

func TestPanicInAGoroutineOfTheProgramsOwnCannotBeSurvived(t *testing.T) {
	t.Parallel()
	p := startAndTerminate(t, "a panic in a goroutine of its own")
	p.ends(exit(2), grace)
	p.said()
	p.prints("panic: burst")
}

func TestFatalErrorOfTheRuntimeCannotBeSurvived(t *testing.T) {
	t.Parallel()
	p := startAndTerminate(t, "a fatal error of the runtime")
	p.ends(exit(2), grace)
	p.said("newest")
	p.prints("fatal error: ")
}

func TestSignalsThatTheProgramTakesAwayCannotBeSurvived(t *testing.T) {
	t.Parallel()
	p := startAndTerminate(t, "signals reset by the program")
	p.ends(diesBy(syscall.SIGTERM), grace)
	p.said()
}

var unsurvivedPrograms = programs{
	"os.Exit in a finalizer":                  playBetween(finalizer(func() { os.Exit(9) })),
	"the standard log's Fatal in a finalizer": playBetween(finalizer(func() { stdlog.Fatal("no luck") })),
	"a fatal error of the runtime":            playBetween(finalizer(func() { new(sync.Mutex).Unlock() })),
	"signals reset by the program": func() {
		shutdown.Register("finalizer", closes("finalizer"))
		shutdown.Main(func(ctx context.Context) error { signal.Reset(); return obedient(ctx) })
	},
	"a panic in a goroutine of its own": func() {
		shutdown.Register("finalizer", closes("finalizer"))
		shutdown.Main(func(ctx context.Context) error {
			ready()
			<-ctx.Done()
			go func() { panic("burst") }()
			forever()
			return nil
		})
	},
}
