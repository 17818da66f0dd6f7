//go:build unix

package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog/log"

	"github.com/seed7e043c35/lastcall/shutdown"
)

func TestExitStatusTable(t *testing.T) { testScenes(t, statuses) }

// statuses has at least one scene for each row of the table of exit statuses,
// in its order, and for each row one in which a later row would apply too.
var statuses = map[string]scene{
	"a malformed grace ends with 2 before run":   refused("soon", ""),
	"a grace of zero ends with 2 before run":     refused("0s", ""),
	"a negative grace ends with 2 before run":    refused("-1s", ""),
	"a malformed drain ends with 2 before run":   refused("", "soon"),
	"a negative drain ends with 2 before run":    refused("4s", "-1s"),
	"a drain above half the grace ends with 2":   refused("4s", "3s"),
	"a drain above half the default ends with 2": refused("", "5s"),
	"contradictory fields end with 2 before run": {
		setup: drainTooLong, run: unreachable, env: []string{"SHUTDOWN_GRACE="}, ends: exit(2),
		prints: []string{"Drain is 8s"},
	},
	"settings that make no sense run what is there": {
		setup: registeredEarly, run: unreachable, env: []string{"SHUTDOWN_GRACE=soon"}, ends: exit(2),
		said: []string{"early"},
	},

	"a second Ctrl-C makes it die by SIGINT": {
		env:   []string{"SHUTDOWN_GRACE=5s"},
		setup: insistent,
		run:   func(context.Context) error { ready(); forever(); return nil },
		send:  []syscall.Signal{syscall.SIGINT, syscall.SIGINT},
		ends:  diesBy(syscall.SIGINT), within: beyondEcho + 500*time.Millisecond,
	},
	"a second Ctrl-C counts more than a panic": {
		env:   []string{"SHUTDOWN_GRACE=5s"},
		setup: func(m *shutdown.Manager) { insistent(m); m.Go("stuck", blocks) },
		run:   panicsLate("burst"),
		send:  []syscall.Signal{syscall.SIGINT, syscall.SIGINT},
		ends:  diesBy(syscall.SIGINT), within: beyondEcho + 500*time.Millisecond, prints: []string{"panic: burst"},
	},

	"a panic of run ends with 2 and its stack": {
		run: panics("burst"), ends: exit(2), prints: []string{"panic: burst\n\ngoroutine ", "statuses_test.go:"},
	},
	"a panic of an actor ends with 2 and its stack": {
		setup: func(m *shutdown.Manager) { m.Go("pump", panics("burst")) },
		run:   waits, ends: exit(2), prints: []string{"panic: burst\n\ngoroutine "},
	},
	"a panic of a service ends with 2 and its stack": {
		setup: func(m *shutdown.Manager) { m.Keep("cache", func(context.Context) error { panic("burst") }) },
		run:   waits, ends: exit(2), prints: []string{"panic: burst\n\ngoroutine "},
	},
	"a panic of a finalizer ends with 2 and its stack": {
		setup: func(m *shutdown.Manager) { shutdown.Register("cache", func() { panic("burst") }) },
		run:   obedient, send: term, ends: exit(2), prints: []string{"panic: burst\n\ngoroutine "},
	},
	"a panic of an interrupt ends with 2 and its stack": {
		setup: func(m *shutdown.Manager) { m.Add("cache", noError, func(error) { panic("burst") }) },
		run:   waits, ends: exit(2), prints: []string{"panic: burst\n\ngoroutine "},
	},
	"a panic counts more than something stuck": {
		setup: func(m *shutdown.Manager) { m.Go("stuck", blocks) },
		run:   panicsLate("burst"), send: term, ends: exit(2), prints: []string{"panic: burst", `"stuck"`},
	},

	"a stuck run ends with 124": {run: blocksReady, send: term, ends: exit(124), prints: []string{"e2e_test.blocksReady"}},
	"a stuck actor ends with 124": {
		setup: func(m *shutdown.Manager) { m.Go("stuck", blocks) },
		run:   obedient, send: term, ends: exit(124), prints: []string{`"stuck"`, "e2e_test.blocks", "statuses_test.go:"},
	},
	"a stuck finalizer ends with 124": {
		setup: func(m *shutdown.Manager) { m.Register("stuck", blocks) },
		run:   obedient, send: term, ends: exit(124), prints: []string{`"stuck"`, "e2e_test.blocks", "statuses_test.go:"},
	},
	"a hold never released ends with 124": {
		setup: func(m *shutdown.Manager) { _, _ = m.Hold("job 7") },
		run:   obedient, send: term, ends: exit(124), prints: []string{`"job 7"`},
	},
	"something stuck counts more than an Exit": {
		setup: func(m *shutdown.Manager) { m.Go("stuck", blocks) },
		run:   exits(7), send: term, ends: exit(124),
	},

	"Exit(7) ends with 7":                      {run: exits(7), send: term, ends: exit(7)},
	"Exit(0) ends with 0":                      {run: exits(0), send: term, ends: exit(0)},
	"Exit(300) ends with 1":                    {run: exits(300), send: term, ends: exit(1)},
	"Exit of a goroutine ends with its status": {run: func(ctx context.Context) error { go shutdown.Exit(7); return waits(ctx) }, ends: exit(7)},
	"a fatal log event ends with 1": {
		run:  func(context.Context) error { log.Fatal().Msg("no luck"); say("reached"); return nil },
		ends: exit(1), prints: []string{"no luck"},
	},
	"Exit(7) counts more than an error's status": {
		setup: func(m *shutdown.Manager) { m.Register("coded", func(context.Context) error { return coded(9) }) },
		run:   exits(7), send: term, ends: exit(7),
	},

	"an error's own status is passed on":      {run: fails(coded(9)), ends: exit(9)},
	"an error's own status of 0 is passed on": {run: fails(coded(0)), ends: exit(0)},
	"an error's own status, wrapped":          {run: fails(fmt.Errorf("far away: %w", coded(9))), ends: exit(9)},
	"an error's own status of 256 becomes 1":  {run: fails(coded(256)), ends: exit(1)},
	"an error's own status of -1 becomes 1":   {run: fails(coded(-1)), ends: exit(1)},
	"an error's own status counts more than the signal": {
		setup: func(m *shutdown.Manager) { m.Register("coded", func(context.Context) error { return coded(9) }) },
		run:   interruptible, send: term, ends: exit(9),
	},

	"a run cut short by SIGINT dies by SIGINT":   {run: interruptible, send: []syscall.Signal{syscall.SIGINT}, ends: diesBy(syscall.SIGINT)},
	"a run cut short by SIGTERM dies by SIGTERM": {run: interruptible, send: term, ends: diesBy(syscall.SIGTERM)},
	"a run cut short by SIGHUP dies by SIGHUP": {
		setup: hangsUp, run: interruptible, send: []syscall.Signal{syscall.SIGHUP}, ends: diesBy(syscall.SIGHUP),
	},
	"a run that returns the cause dies by it": {
		run:  func(ctx context.Context) error { _ = obedient(ctx); return context.Cause(ctx) },
		send: term, ends: diesBy(syscall.SIGTERM),
	},
	"a run cut short with coverage counters exits with 143": {
		env: []string{"GOCOVERDIR=/nonexistent"}, run: interruptible, send: term, ends: exit(143),
	},
	"another actor cut short says nothing": {
		setup: func(m *shutdown.Manager) {
			m.Go("other", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		},
		run: obedient, send: term, ends: exit(0),
	},
	"a run cut short by Stop ends with 0": {
		setup: func(m *shutdown.Manager) { on(m, shutdown.Running, func() { m.Stop(nil) }) },
		run:   interruptible, ends: exit(0), said: []string{"ready"},
	},

	"any other error ends with 1": {run: fails(errors.New("no luck")), ends: exit(1), prints: []string{"no luck"}},
	"an actor's error ends with 1": {
		setup: func(m *shutdown.Manager) { m.Go("pump", fails(errors.New("no luck"))) },
		run:   waits, ends: exit(1), prints: []string{"no luck"},
	},
	"a service's error ends with 1": {
		setup: func(m *shutdown.Manager) { m.Keep("pump", fails(errors.New("no luck"))) },
		run:   waits, ends: exit(1), prints: []string{"no luck"},
	},
	"Stop with an error ends with 1": {
		setup: func(m *shutdown.Manager) { m.Stop(errors.New("no luck")) },
		run:   waits, ends: exit(1), prints: []string{"no luck"},
	},
	"a failed finalizer ends with 1": {
		setup: failingFinalizer, run: obedient, send: term, ends: exit(1), prints: []string{"disk full"},
	},
	"a failed finalizer counts more than the signal": {setup: failingFinalizer, run: interruptible, send: term, ends: exit(1)},
	"Goexit of run ends with 1":                      {run: leaves, ends: exit(1), prints: []string{"Goexit"}},
	"Goexit of an actor ends with 1": {
		setup: func(m *shutdown.Manager) { m.Go("pump", leaves) },
		run:   waits, ends: exit(1), prints: []string{"Goexit"},
	},

	"a run that returns nil ends with 0":              {run: noRun, ends: exit(0)},
	"a stop on SIGTERM ends with 0":                   {run: obedient, send: term, ends: exit(0)},
	"a stop on SIGINT ends with 0":                    {run: obedient, send: []syscall.Signal{syscall.SIGINT}, ends: exit(0)},
	"a stop on SIGHUP ends with 0":                    {setup: hangsUp, run: obedient, send: []syscall.Signal{syscall.SIGHUP}, ends: exit(0)},
	"an oklog actor's error after its interrupt is 0": {setup: serverClosed, run: obedient, send: term, ends: exit(0)},
}

// A refused program has settings that make no sense. It says so in one line
// that names both variables with their values.
func refused(grace, drain string) scene {
	return scene{
		env:    []string{"SHUTDOWN_GRACE=" + grace, "SHUTDOWN_DRAIN=" + drain},
		run:    unreachable,
		ends:   exit(2),
		prints: []string{fmt.Sprintf("SHUTDOWN_GRACE=%q SHUTDOWN_DRAIN=%q", grace, drain)},
		lines:  1,
	}
}

var term = []syscall.Signal{syscall.SIGTERM}

func unreachable(context.Context) error { say("run was called"); return nil }

func noRun(context.Context) error { return nil }

func noError() error { return nil }

// waits does not say that it is ready, because something else begins the stop.
func waits(ctx context.Context) error { <-ctx.Done(); return nil }

func blocks(context.Context) error { forever(); return nil }

func blocksReady(context.Context) error { ready(); forever(); return nil }

func leaves(context.Context) error { runtime.Goexit(); return nil }

func fails(err error) func(context.Context) error {
	return func(context.Context) error { return err }
}

func panics(v any) func(context.Context) error {
	return func(context.Context) error { panic(v) }
}

// panicsLate panics when it is told to stop.
func panicsLate(v any) func(context.Context) error {
	return func(ctx context.Context) error {
		_ = obedient(ctx)
		panic(v)
	}
}

func exits(code int) func(context.Context) error {
	return func(ctx context.Context) error {
		_ = obedient(ctx)
		shutdown.Exit(code)
		return nil
	}
}

// coded is an error with an exit status of its own.
type coded int

func (c coded) Error() string { return fmt.Sprint("status ", int(c)) }
func (c coded) ExitCode() int { return int(c) }

func drainTooLong(m *shutdown.Manager) { m.Drain = 8 * time.Second }

func registeredEarly(*shutdown.Manager) { shutdown.Register("early", closes("early")) }

func failingFinalizer(m *shutdown.Manager) {
	m.Register("file", func(context.Context) error { return errors.New("disk full") })
}

// serverClosed adds an actor that fails because it was interrupted.
func serverClosed(m *shutdown.Manager) {
	closed := make(chan struct{})
	m.Add("server", func() error { <-closed; return errors.New("server closed") }, func(error) { close(closed) })
}

func TestExit_withoutMainRunsTheFinalizers(t *testing.T) {
	t.Parallel()
	p := start(t, "Exit without Main")
	p.ends(exit(3), grace)
	p.said("deferred", "finalizer")
}

func TestExit_withoutMainEndsAProcessThatHangs(t *testing.T) {
	t.Parallel()
	p := start(t, "Exit without Main, and a stuck finalizer")
	p.await("exiting")
	p.request()
	p.ends(exit(124), grace)
	p.said("newest", "oldest")
}

func TestMain_twicePanics(t *testing.T) {
	t.Parallel()
	p := start(t, "Main twice")
	p.ends(exit(2), grace)
	p.prints("shutdown: Main called twice, or from inside its run")
}

var statusPrograms = programs{
	"Exit without Main": func() {
		shutdown.Register("finalizer", closes("finalizer"))
		deferred := make(chan struct{})
		shutdown.Register("waits for the deferred call", func() { <-deferred; say("deferred") })
		defer close(deferred)
		shutdown.Exit(3)
	},
	"Exit without Main, and a stuck finalizer": func() {
		shutdown.Register("oldest", closes("oldest"))
		shutdown.Register("stuck", forever)
		shutdown.Register("newest", closes("newest"))
		say("exiting")
		shutdown.Default().Grace = grace
		shutdown.Exit(3)
	},
	"Main twice": func() {
		shutdown.Main(func(context.Context) error { shutdown.Main(noRun); return nil })
	},
}
