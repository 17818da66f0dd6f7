//go:build unix

package e2e_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// Whatever a program hands over is code, and is read with care: as an error, as
// the value of a panic, as a status.
func TestWhatAProgramHandsOver(t *testing.T) { testScenes(t, foreignCode) }

var foreignCode = map[string]scene{
	"a run whose error blocks": {
		env: []string{"SHUTDOWN_GRACE=2s"}, setup: hasFinalizer, run: fails(blockingError{}),
		ends: exit(124), within: 2 * time.Second, said: []string{"finalizer"}, prints: []string{`"run"`},
	},
	"a run whose error is a nil pointer": {
		setup: hasFinalizer, run: func(context.Context) error { var err *os.PathError; return err },
		ends: exit(1), said: []string{"finalizer"}, prints: []string{"(*fs.PathError)(nil)"},
	},
	"a panic with a map that contains itself": {
		setup: hasFinalizer, run: func(context.Context) error { panic(itself()) },
		ends: exit(2), said: []string{"finalizer"}, prints: []string{"panic: (map[string]interface {}) 0x"},
	},
	"a panic that pretends to be several": {
		setup: hasFinalizer, run: panics("burst\n\ngoroutine 1 [running]:\nmain.main()"),
		ends: exit(2), said: []string{"finalizer"}, prints: []string{"panic: burst\n\t\n\tgoroutine 1 [running]:\n\tmain.main()\n\ngoroutine "},
	},
	"a run that returns the end of a child that died": {
		setup: hasFinalizer, run: func(context.Context) error { return exec.Command("sh", "-c", "kill -KILL $$").Run() },
		ends: exit(137), said: []string{"finalizer"},
	},
	"a run that returns an ExitError of 256": {
		setup: hasFinalizer, run: fails(&shutdown.ExitError{Code: 256}), ends: exit(1), said: []string{"finalizer"},
	},
	"a run that returns an ExitError of 256, joined": {run: fails(errors.Join(errors.New("job"), &shutdown.ExitError{Code: 256})), ends: exit(1)},
	"a run that returns an ExitError of 0": {
		setup: hasFinalizer, run: fails(&shutdown.ExitError{}), ends: exit(0), said: []string{"finalizer"},
	},

	"a run that was cut is not one that was interrupted": {
		setup: hasFinalizer, run: func(ctx context.Context) error {
			work := shutdown.Work(ctx)
			ready()
			<-work.Done()
			return work.Err()
		},
		send: term, ends: exit(1), said: []string{"finalizer"}, prints: []string{`"message":"cut"`, `"cut":1`},
	},
	"an actor of its own that is called run as well": {
		setup: func(m *shutdown.Manager) { hasFinalizer(m); m.Go("run", interrupted) },
		run:   obedient, send: term, ends: exit(0), said: []string{"finalizer"},
	},
	"SIGQUIT as the signal to stop": {
		setup: func(m *shutdown.Manager) { hasFinalizer(m); m.Signals = []os.Signal{syscall.SIGQUIT} },
		run:   interruptible, send: []syscall.Signal{syscall.SIGQUIT}, ends: exit(131), said: []string{"finalizer"},
	},
	"a grace that makes the drain too long": {
		env:   []string{"SHUTDOWN_GRACE=1s"},
		setup: func(m *shutdown.Manager) { hasFinalizer(m); m.Grace, m.Drain = time.Minute, 20*time.Second },
		run:   obedient, send: term, ends: exit(0), within: time.Second, said: []string{"finalizer"},
		prints: []string{"SHUTDOWN_GRACE=1s shortens the drain from 20s to 500ms"},
	},

	"a flush comes once, after the last line": {
		setup: func(m *shutdown.Manager) { hasFinalizer(m); m.Flush = says("flushed") },
		run:   obedient, send: term, ends: exit(0), said: []string{"finalizer", "flushed"},
	},
	"a flush that fails changes no status": {
		setup: func(m *shutdown.Manager) { m.Flush = fails(errors.New("disk full")) },
		run:   obedient, send: term, ends: exit(0), prints: []string{"shutdown: Flush: disk full"},
	},
	"a flush comes although something is stuck": {
		setup: func(m *shutdown.Manager) { hasFinalizer(m); m.Go("stuck", blocks); m.Flush = says("flushed") },
		run:   obedient, send: term, ends: exit(124), said: []string{"finalizer", "flushed"},
	},
	"a flush that blocks does not block the end": {
		setup: func(m *shutdown.Manager) { m.Flush = blocks },
		run:   obedient, send: term, ends: exit(0),
	},
}

// interrupted says that it was cut short, and not that it is ready.
func interrupted(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }

func hasFinalizer(*shutdown.Manager) { shutdown.Register("finalizer", closes("finalizer")) }

func says(word string) func(context.Context) error {
	return func(context.Context) error { say("%s", word); return nil }
}

// A blockingError blocks whoever asks it anything but what it says.
type blockingError struct{}

func (blockingError) Error() string { return "blocking" }
func (blockingError) Is(error) bool { forever(); return false }

func itself() map[string]any {
	m := map[string]any{}
	m["self"] = m
	return m
}
