//go:build unix

package e2e_test

import (
	"context"
	"iter"
	"sync"
	"testing"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// Exit may be called at any moment before Main, and while Main begins.
func TestExit_beforeMainIsHonouredByMain(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"Exit long before Main", "Exit while Main begins"} {
		for range 5 {
			p := start(t, program)
			p.ends(exit(7), grace)
			if n := len(p.words); n == 0 || p.words[n-1] != "finalizer" {
				t.Errorf("%s: it said %q, want the finalizer last", program, p.words)
			}
		}
	}
}

// The Goexit of Exit comes out wherever the goroutine ends that called it: in the
// one that waits for a coroutine, too.
func TestExit_belowAnIteratorThatIsPulled(t *testing.T) { testScenes(t, pulledExits) }

var pulledExits = map[string]scene{
	"Exit(0) below iter.Pull in run": {setup: hasFinalizer, run: pulls(0), ends: exit(0), said: []string{"finalizer"}},
	"Exit(7) below iter.Pull in run": {setup: hasFinalizer, run: pulls(7), ends: exit(7), said: []string{"finalizer"}},
	"Exit(0) below iter.Pull in an actor": {
		setup: func(m *shutdown.Manager) { hasFinalizer(m); m.Go("pulls", pulls(0)) },
		run:   waits, ends: exit(0), said: []string{"finalizer"},
	},
	"Exit(0) below iter.Pull in a service": {
		setup: func(m *shutdown.Manager) { hasFinalizer(m); m.Keep("pulls", pulls(0)) },
		run:   waits, ends: exit(0), said: []string{"finalizer"},
	},
	"Exit(0) below iter.Pull in a finalizer": {
		setup: func(m *shutdown.Manager) { hasFinalizer(m); m.Register("pulls", pulls(0)) },
		run:   obedient, send: term, ends: exit(0), said: []string{"finalizer"},
	},
	"Goexit below iter.Pull is still a failure": {
		setup: hasFinalizer,
		run:   func(context.Context) error { return pull(func() { _ = leaves(context.Background()) }) },
		ends:  exit(1), said: []string{"finalizer"}, prints: []string{"Goexit"},
	},
}

func pulls(code int) func(context.Context) error {
	return func(context.Context) error { return pull(func() { shutdown.Exit(code) }) }
}

// pull calls fn in the coroutine of an iterator.
func pull(fn func()) error {
	next, stop := iter.Pull(func(func(int) bool) { fn() })
	defer stop()
	next()
	say("went on")
	return nil
}

// What a library does in the background while Main reads the environment is no
// data race.
func TestScopesOfALibrary_whileMainBegins(t *testing.T) {
	t.Parallel()
	for range 5 {
		p := start(t, "scopes while Main begins")
		p.ends(exit(0), grace)
	}
}

var exitPrograms = programs{
	"Exit long before Main": func() {
		shutdown.Register("finalizer", closes("finalizer"))
		left := make(chan struct{})
		go func() { defer close(left); shutdown.Exit(7) }()
		<-left
		shutdown.Main(obedient)
	},
	"Exit while Main begins": func() {
		shutdown.Register("finalizer", closes("finalizer"))
		go shutdown.Exit(7)
		shutdown.Main(waits)
	},
	"scopes while Main begins": scopesWhileMainBegins,
}

// scopesWhileMainBegins has a library that uses scopes in the background until
// the program has begun.
func scopesWhileMainBegins() {
	begun := make(chan struct{})
	var library sync.WaitGroup
	for range 2 {
		library.Go(func() {
			for {
				select {
				case <-begun:
					return
				default:
					_ = shutdown.Scope(context.Background(), "job", func(ctx context.Context) error {
						shutdown.Finally(ctx, "f", func() {})
						_ = shutdown.WorkTime(ctx)
						return nil
					})
				}
			}
		})
	}
	shutdown.Main(func(context.Context) error {
		close(begun)
		library.Wait()
		return nil
	})
}
