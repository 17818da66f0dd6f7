//go:build unix

package e2e_test

import (
	"context"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/actors"
)

// Programs of this module inside of each other, each a process of its own, that
// read the same variables. None is killed before its finalizers have run, in
// whichever form the one around it runs it.

// forms are those in which a program runs another one.
var forms = map[string]func(child string) func(context.Context) error{
	"an actor": runs,
	"a service": func(child string) func(context.Context) error {
		shutdown.Default().Keep("child", runs(child))
		return waits
	},
	"a job": func(child string) func(context.Context) error {
		return func(ctx context.Context) error { return runs(child)(shutdown.Work(ctx)) }
	},
}

// runs is an actor that is a program of this binary, in a process of its own.
func runs(program string) func(context.Context) error {
	return func(ctx context.Context) error {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), programVariable+"="+program)
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		cmd.ExtraFiles = []*os.File{toTest}
		return actors.Command(cmd)(ctx)
	}
}

// innermost is what the innermost program does once everything runs.
var innermost = map[string]func(context.Context) error{
	"obeys":    obedient,
	"is stuck": blocksReady,
	"finishes": func(context.Context) error { ready(); <-time.After(500 * time.Millisecond); return nil },
}

func chainPrograms() programs {
	all := programs{}
	for form, run := range forms {
		for end, last := range innermost {
			name := form + " that " + end
			all["the third of three, "+name] = chainLink("journal", func() func(context.Context) error { return last })
			all["the second of three, "+name] = chainLink("queue", func() func(context.Context) error { return run("the third of three, " + name) })
			all["the first of three, "+name] = chainLink("database", func() func(context.Context) error { return run("the second of three, " + name) })
		}
	}
	return all
}

// chainLink is a program with a finalizer that takes its time.
func chainLink(finalizer string, run func() func(context.Context) error) func() {
	return func() {
		shutdown.Default().Register(finalizer, takesTime(finalizer))
		shutdown.Main(run())
	}
}

func TestProcessesThreeDeep_runTheirFinalizersInWhicheverForm(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		grace time.Duration
		want  ending
	}{
		"an actor that obeys":     {innerGrace, exit(0)},
		"an actor that is stuck":  {innerGrace, exit(124)},
		"a service that obeys":    {innerGrace, exit(0)},
		"a service that is stuck": {innerGrace, exit(124)},
		"a job that finishes":     {5 * time.Minute, exit(0)}, // nobody tells it; for its own end it has a part of the last chance
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t, "the first of three, "+name, with("SHUTDOWN_GRACE="+c.grace.String(), "SHUTDOWN_DRAIN=100ms"))
			p.await("ready")
			p.signal(syscall.SIGTERM)
			p.ends(c.want, innerGrace)
			p.said("closing journal", "journal", "closing queue", "queue", "closing database", "database")
		})
	}
}

// A program with a manager in an actor, in which runs a program with a manager
// in a scope: everything at once.
func TestManagersAndProcessesInsideOfEachOther_runEveryFinalizer(t *testing.T) {
	t.Parallel()
	p := start(t, "a mixed house", with("SHUTDOWN_GRACE="+innerGrace.String()))
	p.await("ready")
	p.signal(syscall.SIGTERM)
	p.await("again")
	p.ends(exit(124), innerGrace)
	p.said("closing journal", "journal", "closing cache", "cache", "closing queue", "queue", "closing database", "database")
}

var mixedPrograms = programs{
	"a mixed house": house(floor{"database", nil, nil}, floor{"queue", inChild("the inner house"), nil}),
	"the inner house": func() {
		m := shutdown.Default()
		build(m, []floor{{"cache", inScope, nil}, {"journal", nil, stuckActor}})
		shutdown.Main(waits)
	},
}

func inChild(program string) func(*shutdown.Manager, string, func(context.Context) error) {
	return func(m *shutdown.Manager, name string, _ func(context.Context) error) { m.Go(name, runs(program)) }
}
