//go:build unix

package e2e_test

import (
	"context"
	"errors"
	"syscall"
	"testing"
	"time"

	"github.com/oklog/run"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// A program of which nobody says that it has a terminal reads its configuration
// again when SIGHUP comes, and lives on.
func TestSIGHUP_reloadsAndIsNoStop(t *testing.T) {
	t.Parallel()
	p := start(t, "reloads")
	p.await("ready")
	for range 2 {
		p.Signal(syscall.SIGHUP)
		p.await("reloaded")
	}
	p.signal(syscall.SIGTERM)
	p.ends(exit(0), grace)
	p.said("finalizer")
	p.prints(`"message":"reloading"`, `"message":"reloaded"`)
}

func TestReloadThatFails_isALineAndNoStop(t *testing.T) {
	t.Parallel()
	p := start(t, "fails to reload")
	p.await("ready")
	p.Signal(syscall.SIGHUP)
	p.await("reloaded")
	p.signal(syscall.SIGTERM)
	p.ends(exit(0), grace)
	p.prints(`"message":"reload failed"`, "no such file")
}

func TestReloadThatPanics_beginsTheStop(t *testing.T) {
	t.Parallel()
	p := start(t, "panics in a reload")
	p.await("ready")
	p.signal(syscall.SIGHUP)
	p.ends(exit(2), grace)
	p.said("reloaded", "finalizer")
	p.prints("panic: burst")
}

func TestSIGHUP_withoutATerminalAndReloadDoesNothing(t *testing.T) {
	t.Parallel()
	p := start(t, "says why")
	p.await("ready")
	p.Signal(syscall.SIGHUP)
	p.Signal(syscall.SIGHUP)
	p.signal(syscall.SIGTERM)
	p.ends(exit(0), grace)
	p.said("why: [terminated signal received]")
}

// oklog/run's own handler may stay in a program that is moved.
func TestSignalHandlerOfOklogRun_changesNothing(t *testing.T) {
	t.Parallel()
	for range 20 {
		p := startAndTerminate(t, "with a SignalHandler")
		p.ends(exit(0), grace)
		p.said("finalizer")
	}
}

// Its word is an echo of the signal that began a drain: that lasts.
func TestSignalHandlerOfOklogRun_endsNoDrain(t *testing.T) {
	t.Parallel()
	p := startAndTerminate(t, "with a SignalHandler, and a drain", with("SHUTDOWN_DRAIN=300ms"))
	p.ends(exit(0), grace)
	p.said("drained", "finalizer")
}

// A manager that runs beside Main's ends with it, before its finalizers.
func TestManagerBesideMain_isStoppedAndWaitedFor(t *testing.T) {
	t.Parallel()
	p := startAndTerminate(t, "stops a manager beside it")
	p.ends(exit(0), grace)
	p.said("beside: worker", "beside: finalizer", "finalizer")
}

var reloadPrograms = programs{
	"reloads":            func() { reloads(func() error { return nil }) },
	"fails to reload":    func() { reloads(func() error { return errors.New("config.yaml: no such file") }) },
	"panics in a reload": func() { reloads(func() error { panic("burst") }) },
	"with a SignalHandler": func() {
		shutdown.Register("finalizer", closes("finalizer"))
		execute, interrupt := run.SignalHandler(context.Background(), syscall.SIGTERM)
		shutdown.Default().Add("signals", execute, interrupt)
		shutdown.Main(obedient)
	},
	"with a SignalHandler, and a drain": func() {
		m := shutdown.Default()
		m.Register("finalizer", says("finalizer"))
		execute, interrupt := run.SignalHandler(context.Background(), syscall.SIGTERM)
		m.Add("signals", execute, interrupt)
		m.Go("watch", func(ctx context.Context) error {
			<-ctx.Done()
			if time.Since(m.Report().Began) >= 300*time.Millisecond {
				say("drained")
			}
			return nil
		})
		shutdown.Main(obedient)
	},
	"stops a manager beside it": func() {
		shutdown.Register("finalizer", closes("finalizer"))
		shutdown.Main(func(ctx context.Context) error {
			beside := &shutdown.Manager{}
			beside.Register("finalizer", func(context.Context) error { say("beside: finalizer"); return nil })
			beside.Go("worker", func(ctx context.Context) error {
				<-ctx.Done()
				<-time.After(100 * time.Millisecond)
				say("beside: worker")
				return nil
			})
			running := make(chan struct{})
			beside.Observe(func(e shutdown.Event) {
				if e.Type == shutdown.EventState && e.State == shutdown.Running {
					close(running)
				}
			})
			go func() { _ = beside.Run(context.Background()) }()
			<-running
			return obedient(ctx)
		})
	},
}

func reloads(reload func() error) {
	shutdown.Register("finalizer", closes("finalizer"))
	shutdown.Default().Reload = func(context.Context) error {
		defer say("reloaded")
		return reload()
	}
	shutdown.Main(obedient)
}
