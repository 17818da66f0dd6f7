//go:build unix

package e2e_test

import (
	"context"
	"syscall"
	"testing"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// A job that is not done when the time for work is up has a last chance: enough
// for what it has registered, whatever is stuck in it.
func TestJobThatUsesThisModule_runsItsFinalizersInItsLastChance(t *testing.T) {
	t.Parallel()
	const long = 2 * innerGrace // the last chance is a small part of it
	p := start(t, "a job that is stuck", with("SHUTDOWN_GRACE="+long.String()))
	p.await("ready")
	p.signal(syscall.SIGTERM)
	p.ends(exit(1), long) // it has been cut, whatever its status
	p.said("journal", "closing database", "database")
}

// `go second.Run(ctx)` is waited for before Main's finalizers, whichever context
// it is given.
func TestManagerBesideMain_isWaitedForInWhicheverContext(t *testing.T) {
	t.Parallel()
	for name := range contextsBeside {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := startAndTerminate(t, "a manager beside Main in "+name, with("SHUTDOWN_GRACE="+innerGrace.String()))
			p.ends(exit(0), innerGrace)
			p.said("worker", "closing journal", "journal", "closing database", "database")
		})
	}
}

var contextsBeside = map[string]func(ctx context.Context) context.Context{
	"a context of nobody's": func(context.Context) context.Context { return context.Background() },
	"the context of run":    func(ctx context.Context) context.Context { return ctx },
	"one without its end":   context.WithoutCancel,
	"the manager's":         func(context.Context) context.Context { return shutdown.Default().Context() },
}

func besidePrograms() programs {
	all := programs{}
	for name, of := range contextsBeside {
		all["a manager beside Main in "+name] = chainLink("database", func() func(context.Context) error {
			return func(ctx context.Context) error {
				go func() { _ = besideWith(of(ctx)) }() // ends with the stop
				<-ctx.Done()
				return nil
			}
		})
	}
	return all
}

// besideWith is a manager with a worker that takes its time.
func besideWith(ctx context.Context) error {
	m := new(shutdown.Manager)
	m.Register("journal", takesTime("journal"))
	m.Go("worker", func(ctx context.Context) error {
		_ = obedient(ctx)
		<-time.After(50 * time.Millisecond)
		say("worker")
		return nil
	})
	return m.Run(ctx)
}

var jobPrograms = programs{
	"a job that is stuck": chainLink("database", func() func(context.Context) error { return forms["a job"]("a stuck program") }),
	"a stuck program":     chainOf("journal", blocksReady),
}
