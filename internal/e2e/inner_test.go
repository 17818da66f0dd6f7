//go:build unix

package e2e_test

import (
	"context"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// innerGrace is long enough for three processes, one inside of the other, on a
// busy machine.
const innerGrace = 5 * time.Second

// Three managers in one process, the innermost of which is stuck: each starts
// what is registered with it before the one around it is done.
func TestManagersThreeDeep_startEveryFinalizer(t *testing.T) {
	t.Parallel()
	p := start(t, "three managers deep", with("SHUTDOWN_GRACE="+innerGrace.String()))
	p.await("ready")
	p.signal(syscall.SIGTERM)
	p.await("again")
	p.ends(exit(124), innerGrace)
	p.said("journal", "queue", "database")
	p.prints(`"mule"`)
}

// A forced stop waits for nobody, and starts everything.
func TestManagersThreeDeep_areForcedTogether(t *testing.T) {
	t.Parallel()
	p := start(t, "three managers deep", with("SHUTDOWN_GRACE=5m"))
	p.await("ready")
	p.signal(syscall.SIGINT)
	p.await("again")
	p.signal(syscall.SIGINT)
	p.ends(diesBy(syscall.SIGINT), innerGrace)
	slices.Sort(p.words)
	p.said("database", "journal", "queue")
}

// Three processes that read the same variables: each has what the one around it
// leaves to it, there is one drain, and each runs its finalizers.
func TestProcessesThreeDeep_startEveryFinalizer(t *testing.T) {
	t.Parallel()
	p := start(t, "three processes deep", with("SHUTDOWN_GRACE="+innerGrace.String(), "SHUTDOWN_DRAIN=500ms"))
	p.await("ready")
	p.signal(syscall.SIGTERM)
	p.ends(exit(124), innerGrace)
	p.said("journal", "queue", "database")
}

// A healthy chain of them ends well, and soon.
func TestProcessesThreeDeep_thatObeyEndWell(t *testing.T) {
	t.Parallel()
	p := start(t, "three processes deep, obedient", with("SHUTDOWN_GRACE="+innerGrace.String()))
	p.await("ready")
	p.signal(syscall.SIGTERM)
	p.ends(exit(0), innerGrace)
	p.said("journal", "queue", "database")
}

// What is stuck in a manager beside Main is not lost with the process, and Main
// has its own finalizers afterwards.
func TestManagerBesideMain_thatIsStuckLosesNothing(t *testing.T) {
	t.Parallel()
	p := startAndTerminate(t, "a stuck manager beside Main")
	p.wait()
	p.said("journal", "database")
	if p.took > grace+p.paused()+slack {
		t.Errorf("the program was gone after %v", p.took)
	}
}

var innerPrograms = programs{
	"three managers deep": func() {
		insistent(shutdown.Default())
		chainOf("database", manages("queue", manages("journal", blocksReady)))()
	},
	"three processes deep":           chainOf("database", runs("the second of three processes")),
	"the second of three processes":  chainOf("queue", runs("the third of three processes")),
	"the third of three processes":   chainOf("journal", blocksReady),
	"three processes deep, obedient": chainOf("database", runs("the second of three, obedient")),
	"the second of three, obedient":  chainOf("queue", runs("the third of three, obedient")),
	"the third of three, obedient":   chainOf("journal", obedient),
	"a stuck manager beside Main": chainOf("database", func(ctx context.Context) error {
		go func() { _ = manages("journal", blocksReady)(context.Background()) }()
		return waits(ctx)
	}),
}

// chainOf is a program with one finalizer.
func chainOf(finalizer string, run func(context.Context) error) func() {
	return func() {
		shutdown.Register(finalizer, closes(finalizer))
		shutdown.Main(run)
	}
}

// manages is an actor that is a manager of its own, with a finalizer and an actor.
func manages(finalizer string, run func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		m := new(shutdown.Manager)
		m.Register(finalizer, says(finalizer))
		m.Go("mule", run)
		return m.Run(ctx)
	}
}
