//go:build unix

package e2e_test

import (
	"context"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/seed7e043c35/lastcall/resource"
	"github.com/seed7e043c35/lastcall/shutdown"
)

// Everything public is called at once, from everywhere that a program has, in
// every state; the race detector, the order of the finalizers and the clock
// look on.
func TestEverythingCalledFromEverywhereAtOnce(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"everything at once", "everything at once, and Exit"} {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			p := startAndTerminate(t, program, with("SHUTDOWN_GRACE=4s", "SHUTDOWN_DRAIN=500ms"))
			p.ends(exit(0), 4*time.Second)
			p.said("newest", "oldest")
		})
	}
}

func TestAThousandGoroutinesRegisterWhileTheProgramStops(t *testing.T) {
	t.Parallel()
	p := startAndTerminate(t, "registers from a thousand goroutines", with("SHUTDOWN_GRACE=4s"))
	p.ends(exit(0), 4*time.Second)
	p.said("all ran")
}

var racePrograms = programs{
	"everything at once":                   func() { everythingAtOnce(everything) },
	"everything at once, and Exit":         func() { everythingAtOnce(everythingAndExit) },
	"registers from a thousand goroutines": registersFromAThousandGoroutines,
}

// everythingAtOnce is a program that calls everything from actors, interrupts,
// services, finalizers, scopes, observers, the logger and goroutines of nobody.
func everythingAtOnce(call func(ctx context.Context, m *shutdown.Manager)) {
	m := shutdown.Default()
	c := &caller{manager: m, call: call}
	shutdown.Register("oldest", closes("oldest"))
	l := zerolog.New(writer(func() { c.together(m.Context()) }))
	m.Logger = &l
	m.Observe(func(e shutdown.Event) {
		if e.Type == shutdown.EventState {
			c.together(m.Context())
		}
	})
	c.together(context.Background()) // Idle
	for range 4 {
		m.Go("actor", func(ctx context.Context) error { c.together(ctx); <-ctx.Done(); c.together(ctx); return nil })
		told := make(chan struct{})
		m.Add("pair", func() error { c.together(m.Context()); <-told; return nil }, func(error) { c.together(m.Context()); close(told) })
		m.Keep("service", func(ctx context.Context) error { c.together(ctx); <-ctx.Done(); c.together(ctx); return nil })
		shutdown.Register("finalizer", func(ctx context.Context) { c.together(ctx) })
	}
	shutdown.Main(func(ctx context.Context) error {
		shutdown.Finally(ctx, "newest", closes("newest"))
		go func() { // ends when it has called enough
			for c.together(ctx) {
			}
		}()
		return obedient(ctx)
	})
}

// A caller calls everything, but in each state only so often: some of it calls
// the caller.
type caller struct {
	manager *shutdown.Manager
	call    func(context.Context, *shutdown.Manager)
	calls   [shutdown.Stopped + 1]atomic.Int64
}

const enoughCalls = 50 // in one state, times three goroutines

// together calls everything from a few goroutines at once and waits for them,
// unless that has been done often enough.
func (c *caller) together(ctx context.Context) bool {
	if c.calls[c.manager.State()].Add(1) > enoughCalls {
		return false
	}
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() { c.call(ctx, c.manager) })
	}
	all.Wait()
	return true
}

// everything calls all that is public and does not end the calling goroutine.
func everything(ctx context.Context, m *shutdown.Manager) {
	nothing := func(context.Context) error { return nil }
	if m.State() >= shutdown.Stopping { // earlier they would begin the stop
		m.Go("brief", nothing)
		m.Add("brief", noError, func(error) {})
		m.Stop(nil)
		m.Signal(syscall.SIGTERM)
	}
	m.Keep("brief", nothing)
	m.Keep("brief", nothing, shutdown.Within(time.Second))
	if release, err := m.Hold("brief"); err == nil {
		release()
		release()
	}
	m.Register("brief", nothing).Unregister()
	_ = m.Register("brief", nothing).Run(ctx)
	m.Register("brief", nothing, shutdown.Within(time.Second))
	f := shutdown.Finally(ctx, "brief", func() {})
	go f.Unregister()
	_ = f.Run(ctx)
	shutdown.Register("brief", func() error { return nil })

	_ = shutdown.Scope(ctx, "brief", func(ctx context.Context) error {
		shutdown.Finally(ctx, "brief", func() {})
		return shutdown.Construct(ctx, "brief", func(ctx context.Context) error {
			shutdown.Finally(ctx, "brief", func() {})
			return nil
		})
	})
	_ = resource.Track(ctx, "brief", 7, func() {}).Close()

	_, _, _, _, _ = m.Draining(), m.Context(), m.WorkContext(), m.Done(), m.Ready()
	_ = shutdown.FromContext(shutdown.Work(ctx)).Report()
	if m.State() == shutdown.Idle {
		return // a Run would be the first one
	}
	if err := m.Run(ctx); err != shutdown.ErrRunTwice {
		say("a second Run returned %v", err)
	}
	_ = shutdown.ExitCode(context.Cause(ctx))
}

func everythingAndExit(ctx context.Context, m *shutdown.Manager) {
	if m.State() >= shutdown.Stopping {
		go shutdown.Exit(0)
	}
	everything(ctx, m)
}

func registersFromAThousandGoroutines() {
	const actors, each = 1000, 10
	m := shutdown.Default()
	var ran atomic.Int64
	shutdown.Register("oldest", func() {
		if ran.Load() == actors*each {
			say("all ran")
		}
	})
	for range actors {
		m.Go("registers", func(ctx context.Context) error {
			<-ctx.Done()
			for range each {
				shutdown.Finally(ctx, "late", func() { ran.Add(1) })
			}
			return nil
		})
	}
	shutdown.Main(obedient)
}
