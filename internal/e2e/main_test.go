//go:build unix

// The tests of the whole from outside: real processes, real signals, all packages together.
//
// The test binary is its own child. An environment variable selects one of the
// programs; what it has to tell the test it says, word by word, on a pipe, so
// that nobody has to sleep or to poll. How the child ended is asserted, and
// its output logged.
package e2e_test

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/seed7e043c35/lastcall/internal/parallel"
	"github.com/seed7e043c35/lastcall/shutdown"
)

// programs are what the test binary can be instead of a test, by name.
type programs map[string]func()

func TestMain(m *testing.M) {
	all := programs{}
	for _, some := range []programs{
		playing(statuses), playing(hostileCode), playing(endlessCode), playing(spinningCode), playing(hostileSignals),
		playing(foreignCode), playing(pulledExits), playing(cutWork),
		statusPrograms, signalPrograms, reloadPrograms, slowReloadPrograms, outputPrograms, unsurvivedPrograms, managerPrograms,
		endlessPrograms, racePrograms, childPrograms, chaosPrograms, levelPrograms, quietPrograms, exitPrograms, innerPrograms,
		housePrograms(), chainPrograms(), mixedPrograms, besidePrograms(), jobPrograms,
	} {
		for name, play := range some {
			if all[name] != nil {
				panic("two programs are called " + name)
			}
			all[name] = play
		}
	}
	testMain(m, all)
}

// programVariable names the program that a child is to be.
const programVariable = "LASTCALL_TEST_PROGRAM"

func testMain(m *testing.M, all programs) {
	if name := os.Getenv(programVariable); name != "" {
		toTest = os.NewFile(toTestFD, "test")
		syscall.CloseOnExec(toTestFD)
		all[name]()
		os.Exit(statusUnexpected) // most programs end themselves
	}
	parallel.AtLeast(10)
	receiveIgnored()
	os.Exit(m.Run())
}

// statusUnexpected is that of a program which should not have come to its end.
const statusUnexpected = 99

// receiveIgnored lets children start with the default actions even if the
// tests themselves were started with a signal ignored, as a script's job in the
// background is: signals that are received here are reset in children.
func receiveIgnored() {
	for _, sig := range []os.Signal{syscall.SIGINT, syscall.SIGHUP} {
		if signal.Ignored(sig) {
			signal.Notify(make(chan os.Signal, 1), sig)
		}
	}
}

// The program's side.

// toTest is the pipe on which a program says what it has to say.
var toTest *os.File

const toTestFD = 3 // the first of exec.Cmd's ExtraFiles

// say tells the test one thing, in one line.
func say(format string, args ...any) {
	_, _ = fmt.Fprintf(toTest, format+"\n", args...)
}

// ready is what a program says once everything is registered.
func ready() { say("ready") }

// closes returns a finalizer that says its name.
func closes(name string) func() { return func() { say("%s", name) } }

// obedient is a run that ends well when it is told to stop.
func obedient(ctx context.Context) error {
	ready()
	<-ctx.Done()
	return nil
}

// interruptible is a run that says that it was cut short.
func interruptible(ctx context.Context) error {
	_ = obedient(ctx)
	return ctx.Err()
}

// forever blocks, whatever happens.
func forever() { select {} }

// on calls fn when m enters s.
func on(m *shutdown.Manager, s shutdown.State, fn func()) {
	m.Observe(func(e shutdown.Event) {
		if e.Type == shutdown.EventState && e.State == s {
			fn()
		}
	})
}

// insistent says "again" when a further Ctrl-C would not be an echo of the one
// that began the stop.
func insistent(m *shutdown.Manager) { echoOver(m, shutdown.Stopping) }

// echoOver says "again" when m has been in s for so long that a further signal
// is not an echo.
func echoOver(m *shutdown.Manager, s shutdown.State) {
	on(m, s, func() { time.AfterFunc(beyondEcho, func() { say("again") }) })
}

// beyondEcho is longer than the half second in which a repeated signal is the
// same request.
const beyondEcho = 600 * time.Millisecond
