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

// Something that starts another of its kind whenever it is told to stop has no
// end: when its time is up, one of them may be running or not.
func TestCodeThatStartsItselfAgain(t *testing.T) {
	t.Parallel()
	for name := range endlessCode {
		for _, env := range []string{"GOMAXPROCS=1", "GOMAXPROCS=2"} {
			t.Run(name+", "+env, func(t *testing.T) {
				t.Parallel()
				p := startAndTerminate(t, name, with(env, "SHUTDOWN_GRACE=6s")) // the oldest begins in the last of it
				if got := p.wait(); got != exit(0) && got != exit(124) || p.took > 6*time.Second+p.paused()+slack {
					t.Errorf("the program ended with %v after %v, want 0 or 124 after 6s", got, p.took)
				}
				for _, name := range []string{"newest", "oldest"} { // it has ended, or it is named: it began in any case
					if !slices.Contains(p.words, name) && !strings.Contains(p.printed(), `"name":"`+name+`"`) {
						t.Errorf("%s has not been started; the program said %q", name, p.words)
					}
				}
			})
		}
	}
}

var endlessCode = between(map[string]hostility{
	"a service that keeps itself again": {by: keepsItself},
	"an actor that adds itself again":   {by: addsItself},

	// The link that runs when time is up is rightly called stuck.
	"a finalizer that registers itself again": {by: registersItself},
})

// A program that has used up its file descriptors can still be stopped.
func TestProgramWithoutFileDescriptorsStopsInOrder(t *testing.T) {
	t.Parallel()
	p := startAndTerminate(t, "no file descriptors left")
	p.ends(exit(2), grace)
	p.said("newest", "oldest")
	p.prints("panic: burst", "e2e_test.", `"message":"stopped, not everything went well"`)
}

var endlessPrograms = programs{"no file descriptors left": useUpDescriptors}

// useUpDescriptors is a program that cannot open anything any more. It opens
// them behind the back of the runtime, which would have what it needs otherwise.
func useUpDescriptors() {
	shutdown.Register("oldest", closes("oldest"))
	shutdown.Register("panics", func() { panic("burst") })
	shutdown.Register("newest", closes("newest"))
	shutdown.Main(func(ctx context.Context) error {
		_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 64, Max: 64})
		for err := error(nil); err == nil; {
			_, err = syscall.Dup(0)
		}
		return obedient(ctx)
	})
}

// Not in parallel with the others, which would be starved.
func TestCodeThatSpins(t *testing.T) {
	for name, s := range spinningCode {
		t.Run(name, func(t *testing.T) { s.test(t, start(t, name, with(s.env...))) })
	}
}

var spinningCode = between(map[string]hostility{
	"an actor that spins on every processor": {by: actor(spins), long: true, ends: exit(124), prints: []string{`"hostile"`}},
	"a finalizer that spins on every processor": {
		by:   finalizer(func() { _ = spins(context.Background()) }),
		long: true, ends: exit(124), prints: []string{`"hostile"`},
	},
})
