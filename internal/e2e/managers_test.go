//go:build unix

package e2e_test

import (
	"context"
	"io"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// Managers beside each other, and without Main.

func TestParentContextThatEndsInADrainEndsTheStopInOrder(t *testing.T) {
	t.Parallel()
	p := startAndTerminate(t, "a parent that ends while draining")
	p.ends(exit(0), 4*grace)
	p.said("draining", "actor", "finalizer", "terminated signal received", "<nil>")
}

func TestAThousandManagersStopTogether(t *testing.T) {
	t.Parallel()
	p := startAndTerminate(t, "a thousand managers")
	p.ends(exit(0), 4*grace)
	p.said("1000 actors, 1000 finalizers, 1000 without error")
}

func TestTwoManagersBothReceiveTheSignal(t *testing.T) {
	t.Parallel()
	p := startAndTerminate(t, "a manager beside Main")
	p.ends(exit(0), grace)
	p.said("the other: <nil>", "main")
}

// A manager that runs beside Main's ends with it, before its finalizers.
func TestManagerBesideMain_isStoppedAndWaitedFor(t *testing.T) {
	t.Parallel()
	p := startAndTerminate(t, "stops a manager beside it")
	p.ends(exit(0), grace)
	p.said("beside: worker", "beside: finalizer", "finalizer")
}

// Who runs a manager of his own in a context that nobody's Run stands behind: a scope's
// of a program without Main, or that of a manager which only lends it.
func TestManagerInAContextOfOneThatIsNotRunHearsTheSignal(t *testing.T) {
	t.Parallel()
	p := startAndTerminate(t, "a manager in a scope without Main")
	p.ends(exit(0), grace)
	p.said("journal", "database", "<nil>")
}

func TestManagerBesideMain_isStoppedWhoeverLendsItsContext(t *testing.T) {
	t.Parallel()
	p := startAndTerminate(t, "a manager in the context of one that is not run")
	p.ends(exit(0), grace)
	p.said("journal", "database")
}

func TestManagerThatBeginsWhileMainStopsIsStoppedToo(t *testing.T) {
	t.Parallel()
	p := startAndTerminate(t, "a manager that begins in a finalizer")
	p.ends(exit(0), grace)
	p.said("journal", "<nil>", "database")
}

var managerPrograms = programs{
	"a manager in a scope without Main": func() {
		err := shutdown.Scope(context.Background(), "app", func(ctx context.Context) error {
			shutdown.Finally(ctx, "database", func() { say("database") })
			return journaling().Run(ctx)
		})
		say("%v", err)
		os.Exit(0)
	},
	"a manager in the context of one that is not run": func() {
		shutdown.Register("database", func() { say("database") })
		shutdown.Main(func(ctx context.Context) error {
			go func() { _ = journaling().Run(new(shutdown.Manager).Context()) }() // ends with the stop
			<-ctx.Done()
			return nil
		})
	},
	"a manager that begins in a finalizer": func() {
		shutdown.Register("database", func() { say("database") })
		shutdown.Register("part", func() {
			m := new(shutdown.Manager)
			m.Register("journal", func(context.Context) error { say("journal"); return nil })
			say("%v", m.Run(context.Background()))
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
			on(beside, shutdown.Running, func() { close(running) })
			go func() { _ = beside.Run(context.Background()) }()
			<-running
			return obedient(ctx)
		})
	},
	"a parent that ends while draining": parentEndsInDrain,
	"a thousand managers":               thousandManagers,
	"a manager beside Main": func() {
		shutdown.Register("main", closes("main"))
		shutdown.Main(func(ctx context.Context) error {
			var other shutdown.Manager
			on(&other, shutdown.Running, ready)
			say("the other: %v", other.Run(context.Background()))
			<-ctx.Done()
			return nil
		})
	},
}

// journaling is a manager that says when it runs.
func journaling() *shutdown.Manager {
	m := new(shutdown.Manager)
	m.Register("journal", func(context.Context) error { say("journal"); return nil })
	m.Go("worker", obedient)
	return m
}

func parentEndsInDrain() {
	parent, cancel := context.WithCancel(context.Background())
	m := &shutdown.Manager{Grace: 4 * grace, Drain: 2 * grace}
	m.Go("actor", func(ctx context.Context) error { ready(); <-ctx.Done(); say("actor"); return nil })
	m.Register("finalizer", func(context.Context) error { say("finalizer"); return nil })
	on(m, shutdown.Draining, func() { say("draining"); cancel() })
	err := m.Run(parent)
	say("%v", m.Report().Cause)
	say("%v", err)
	os.Exit(0)
}

func thousandManagers() {
	const n = 1000
	var mu sync.Mutex
	var actors, finalizers, fine int
	count := func(what *int) { mu.Lock(); *what++; mu.Unlock() }
	var running, over sync.WaitGroup
	running.Add(n)
	quiet := zerolog.New(io.Discard)
	for range n {
		m := &shutdown.Manager{Grace: 4 * grace, Logger: &quiet}
		m.Go("actor", func(ctx context.Context) error { running.Done(); <-ctx.Done(); count(&actors); return nil })
		m.Register("finalizer", func(context.Context) error { count(&finalizers); return nil })
		over.Go(func() {
			if m.Run(context.Background()) == nil {
				count(&fine)
			}
		})
	}
	running.Wait()
	ready()
	over.Wait()
	say("%d actors, %d finalizers, %d without error", actors, finalizers, fine)
	os.Exit(0)
}
