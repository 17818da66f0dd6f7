//go:build unix

package e2e_test

import (
	"context"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// A floor is a manager of a program with managers inside of each other: the
// outermost is Main's. It has a finalizer that takes its time, and what makes
// things hard for it.
type floor struct {
	finalizer string
	inside    func(m *shutdown.Manager, name string, run func(context.Context) error) // where the next floor is; nil: as an actor
	extra     func(m *shutdown.Manager)                                               // nil: nothing
}

// build puts the floors into m, which has the first of them; ready says that the
// program is ready once all of them run.
func build(m *shutdown.Manager, floors []floor) {
	f := floors[0]
	m.Register(f.finalizer, takesTime(f.finalizer))
	if f.extra != nil {
		f.extra(m)
	}
	next := obedient
	if len(floors) > 1 {
		next = func(ctx context.Context) error {
			inner := new(shutdown.Manager)
			build(inner, floors[1:])
			return inner.Run(ctx)
		}
	}
	if f.inside == nil {
		f.inside = (*shutdown.Manager).Go
	}
	f.inside(m, "next floor", next)
}

// takesTime is a finalizer that says when it begins, and its name when it has
// done what it does: one that is cut, or whose process is gone, does not.
func takesTime(name string) func(context.Context) error {
	return func(ctx context.Context) error {
		say("closing %s", name)
		select {
		case <-time.After(50 * time.Millisecond):
			say("%s", name)
		case <-ctx.Done():
		}
		return nil
	}
}

// house is a program of these floors.
func house(floors ...floor) func() {
	return func() {
		m := shutdown.Default()
		insistent(m)
		build(m, floors)
		shutdown.Main(waits)
	}
}

func stuckActor(m *shutdown.Manager) {
	m.Go("mule", func(context.Context) error { forever(); return nil })
}

func stuckFinalizer(m *shutdown.Manager) {
	m.Register("mule", func(context.Context) error { forever(); return nil })
}

func inService(m *shutdown.Manager, name string, run func(context.Context) error) { m.Keep(name, run) }

func inScope(m *shutdown.Manager, name string, run func(context.Context) error) {
	m.Go("around", func(ctx context.Context) error { return shutdown.Scope(ctx, name, run) })
}

// houses are programs of three managers, one inside of the other, in which
// something is stuck.
var houses = map[string]func(){
	"an actor on the ground floor":      house(floor{"database", nil, stuckActor}, floor{"queue", nil, nil}, floor{"journal", nil, nil}),
	"a finalizer on the ground floor":   house(floor{"database", nil, stuckFinalizer}, floor{"queue", nil, nil}, floor{"journal", nil, nil}),
	"an actor in the middle":            house(floor{"database", nil, nil}, floor{"queue", nil, stuckActor}, floor{"journal", nil, nil}),
	"a finalizer in the middle":         house(floor{"database", nil, nil}, floor{"queue", nil, stuckFinalizer}, floor{"journal", nil, nil}),
	"an actor in the innermost":         house(floor{"database", nil, nil}, floor{"queue", nil, nil}, floor{"journal", nil, stuckActor}),
	"a finalizer in the innermost":      house(floor{"database", nil, nil}, floor{"queue", nil, nil}, floor{"journal", nil, stuckFinalizer}),
	"an actor, in services":             house(floor{"database", inService, nil}, floor{"queue", inService, nil}, floor{"journal", nil, stuckActor}),
	"an actor, in scopes":               house(floor{"database", inScope, nil}, floor{"queue", inScope, nil}, floor{"journal", nil, stuckActor}),
	"a finalizer, in a service's actor": house(floor{"database", inService, nil}, floor{"queue", nil, nil}, floor{"journal", nil, stuckFinalizer}),
}

func housePrograms() programs {
	all := programs{}
	for name, play := range houses {
		all["three managers deep, stuck is "+name] = play
	}
	return all
}

// Wherever something is stuck, and wherever the managers run: all that is
// registered with the three runs to its end, the innermost first.
func TestManagersThreeDeep_runEveryFinalizerWhateverIsStuck(t *testing.T) {
	t.Parallel()
	for name := range houses {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t, "three managers deep, stuck is "+name, with("SHUTDOWN_GRACE="+innerGrace.String()))
			p.await("ready")
			p.signal(syscall.SIGTERM)
			p.await("again")
			p.ends(exit(124), innerGrace)
			p.said("closing journal", "journal", "closing queue", "queue", "closing database", "database")
			p.prints(`"mule"`)
		})
	}
}

// Forced, the stop waits for no one who has begun, and starts everybody, on all
// floors.
func TestManagersThreeDeep_areForcedTogetherWhateverIsStuck(t *testing.T) {
	t.Parallel()
	for name := range houses {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t, "three managers deep, stuck is "+name, with("SHUTDOWN_GRACE=5m"))
			p.await("ready")
			p.signal(syscall.SIGINT)
			p.await("again")
			p.signal(syscall.SIGINT)
			p.ends(diesBy(syscall.SIGINT), innerGrace)
			p.words = slices.DeleteFunc(p.words, func(word string) bool { return !strings.HasPrefix(word, "closing ") })
			slices.Sort(p.words)
			p.said("closing database", "closing journal", "closing queue")
		})
	}
}
