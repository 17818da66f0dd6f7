//go:build unix

package e2e_test

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// A reload that runs when the stop begins is waited for, before any finalizer, and
// none is begun after that.
func TestReload_isWaitedForByAStop(t *testing.T) {
	t.Parallel()
	p := start(t, "reloads slowly")
	p.await("ready")
	p.Signal(syscall.SIGHUP)
	p.await("reloading")
	p.Signal(syscall.SIGHUP) // comes before the other, and too late all the same
	p.signal(syscall.SIGTERM)
	p.await("told")
	p.Signal(syscall.SIGUSR1)
	p.ends(exit(0), grace)
	p.said("reloaded", "finalizer")
}

func TestReloadThatNeverEnds_isNamed(t *testing.T) {
	t.Parallel()
	p := start(t, "reloads for ever")
	p.await("ready")
	p.Signal(syscall.SIGHUP)
	p.await("reloading")
	p.signal(syscall.SIGTERM)
	p.ends(exit(124), grace)
	p.said("told", "finalizer")
	p.prints(`"name":"reload"`)
}

// A program may read its configuration again by itself, as it did before it was
// moved to us.
func TestSIGHUP_isHeardByWhoeverHasRegisteredForIt(t *testing.T) {
	t.Parallel()
	p := start(t, "registers for SIGHUP itself")
	p.await("ready")
	for range 2 {
		p.Signal(syscall.SIGHUP)
		p.await("heard")
	}
	p.signal(syscall.SIGTERM)
	p.ends(exit(0), grace)
	p.said("finalizer")
}

var slowReloadPrograms = programs{
	"reloads slowly":              reloadsSlowly,
	"reloads for ever":            func() { reloadsUntil(nil) },
	"registers for SIGHUP itself": func() { hears(); hasFinalizer(nil); shutdown.Main(obedient) },
}

// reloadsSlowly is a program whose reloads each wait for a SIGUSR1.
func reloadsSlowly() {
	goOn := make(chan os.Signal, 1)
	signal.Notify(goOn, syscall.SIGUSR1)
	reloadsUntil(goOn)
}

func reloadsUntil(goOn <-chan os.Signal) {
	hasFinalizer(nil)
	m := shutdown.Default()
	m.Reload = func(context.Context) error {
		say("reloading")
		<-goOn
		say("reloaded")
		return nil
	}
	shutdown.Main(func(ctx context.Context) error {
		_ = obedient(ctx)
		say("told")
		return nil
	})
}

// hears says so whenever a SIGHUP has come.
func hears() {
	hup := make(chan os.Signal, 8)
	signal.Notify(hup, syscall.SIGHUP)
	go func() {
		for range hup {
			say("heard")
		}
	}()
}
