//go:build unix

package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog/log"

	"github.com/seed7e043c35/lastcall/shutdown"
)

func TestOutputWhoseReaderIsGoneStopsNobody(t *testing.T) {
	t.Parallel()
	p := withoutReader(t, "chatty")
	p.signal(syscall.SIGTERM)
	p.ends(exit(0), grace)
	p.said("newest", "broken pipe", "oldest")
}

func TestPanicIntoABrokenPipeEndsWith2AllTheSame(t *testing.T) {
	t.Parallel()
	p := withoutReader(t, "chatty and panicking")
	p.signal(syscall.SIGTERM)
	p.ends(exit(2), grace)
	p.said("newest", "broken pipe", "oldest")
}

// withoutReader starts a program, and takes away who reads its output when it is
// ready.
func withoutReader(t *testing.T, program string, options ...option) *process {
	t.Helper()
	r, w := pipe(t)
	p := start(t, program, append(options, writingTo(w))...)
	w.Close()
	p.await("ready")
	r.Close()
	return p
}

func TestTeeThatDiesOfTheSameCtrlC(t *testing.T) {
	t.Parallel()
	toTee, fromProgram := pipe(t)
	onward, toProgram := pipe(t)
	p := start(t, "chatty after a while", writingTo(fromProgram), reading(onward))
	fromProgram.Close()
	tee := exec.Command("tee", os.DevNull)
	tee.Stdin = toTee
	tee.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pgid: p.cmd.Process.Pid}
	check(t, tee.Start())
	toTee.Close()

	p.await("ready")
	p.ctrlC()
	_ = tee.Wait()
	if status := tee.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() || status.Signal() != syscall.SIGINT {
		t.Errorf("tee ended with %v, want a death by SIGINT", tee.ProcessState)
	}
	toProgram.Close() // only now may the program go on
	p.ends(exit(0), grace)
	p.said("newest", "broken pipe", "oldest")
}

func TestBrokenOutputBeforeTheStopEndsTheProgramAsEver(t *testing.T) {
	t.Parallel()
	p := writesWhenReaderIsGone(t)
	p.ends(diesBy(syscall.SIGPIPE), grace)
	p.said()
}

func TestBrokenOutputUnderSystemdIsSurvivedAtAnyTime(t *testing.T) {
	t.Parallel()
	p := writesWhenReaderIsGone(t, with("JOURNAL_STREAM=8:12345"))
	p.ends(exit(0), grace)
	p.said("broken pipe", "finalizer")
}

// writesWhenReaderIsGone starts a program that writes to a broken pipe while
// nobody has asked it to stop.
func writesWhenReaderIsGone(t *testing.T, options ...option) *process {
	t.Helper()
	onward, toProgram := pipe(t)
	p := withoutReader(t, "writes while running", append(options, reading(onward))...)
	toProgram.Close()
	return p
}

func TestChildrenDoNotInheritADeafnessForSIGPIPE(t *testing.T) {
	t.Parallel()
	p := startAndTerminate(t, "starts a child while stopping")
	p.ends(exit(0), grace)
	p.said("child: signal: broken pipe")
}

func TestFullPipeThatNobodyReadsDelaysOnlyTheLog(t *testing.T) {
	t.Parallel()
	p := startAndTerminate(t, "three finalizers", writingTo(fullPipe(t)))
	p.ends(exit(0), grace)
	p.said("newest", "slow", "oldest")
}

func TestPanicIntoAFullPipeEndsWith2WithinTheGrace(t *testing.T) {
	t.Parallel()
	p := startAndTerminate(t, "panics between finalizers", writingTo(fullPipe(t)))
	p.ends(exit(2), grace)
	p.said("newest", "oldest")
}

func TestStuckWithAFullPipeEndsWith124WithinTheGrace(t *testing.T) {
	t.Parallel()
	p := startAndTerminate(t, "chatty", writingTo(fullPipe(t))) // its own writes hang
	p.ends(exit(124), grace)
	p.said("newest", "oldest")
}

func TestThirdCtrlCExitsAtOnce(t *testing.T) {
	t.Parallel()
	p := start(t, "hangs and panics", writingTo(fullPipe(t)), with("SHUTDOWN_GRACE=10s"))
	p.await("ready")
	p.signal(syscall.SIGINT)
	for range 2 {
		p.await("again")
		p.signal(syscall.SIGINT)
	}
	p.ends(diesBy(syscall.SIGINT), 3*beyondEcho)
	p.said("newest", "oldest")
}

func TestCtrlCEndsAProgramThatHasStoppedButCannotSaySo(t *testing.T) {
	t.Parallel()
	p := start(t, "panics and is asked again", writingTo(fullPipe(t)), with("SHUTDOWN_GRACE=10s"))
	p.await("ready")
	p.signal(syscall.SIGINT)
	p.await("again")
	p.signal(syscall.SIGINT)
	p.ends(diesBy(syscall.SIGINT), 2*beyondEcho)
	p.said("newest", "oldest")
}

func TestClosedDescriptorsAtStartStopNobody(t *testing.T) {
	t.Parallel()
	p := startAndTerminate(t, "three finalizers", script("sh", `exec "$0" <&- >&- 2>&-`))
	p.ends(exit(0), grace)
	p.said("newest", "slow", "oldest")
}

func TestStandardErrorClosedByTheProgramIsNotMissed(t *testing.T) {
	t.Parallel()
	p := startAndTerminate(t, "closes standard error")
	p.ends(exit(1), grace)
	p.said("newest", "oldest")
	p.prints(`"stopping"`, "disk full")
}

func TestLinesAfterAFatalEventStillAppear(t *testing.T) {
	t.Parallel()
	p := start(t, "logs a fatal event")
	p.ends(exit(1), grace)
	p.said("deferred", "newest", "descriptor 2 is taken: true", "oldest")
	p.prints("no luck", `"stopping"`, "disk full")
}

func TestPanicAfterAFatalEventIsStillPrinted(t *testing.T) {
	t.Parallel()
	p := start(t, "logs a fatal event and panics")
	p.ends(exit(2), grace)
	p.said("deferred", "newest", "oldest")
	p.prints("no luck", "panic: burst\n\ngoroutine ")
}

func TestRuntimeCrashAfterAFatalEventIsStillPrinted(t *testing.T) {
	t.Parallel()
	p := start(t, "logs a fatal event and crashes")
	p.ends(exit(2), grace)
	p.prints("no luck", "panic: burst", "goroutine ")
}

// pipe returns a pipe that the test closes at its end.
func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	check(t, err)
	t.Cleanup(func() { r.Close(); w.Close() })
	return r, w
}

// fullPipe returns the end for writing of a pipe that holds all it can.
func fullPipe(t *testing.T) *os.File {
	t.Helper()
	_, w := pipe(t)
	fd := int(w.Fd())
	check(t, syscall.SetNonblock(fd, true))
	for page := make([]byte, 4096); ; {
		if _, err := syscall.Write(fd, page); errors.Is(err, syscall.EAGAIN) {
			break
		} else {
			check(t, err)
		}
	}
	check(t, syscall.SetNonblock(fd, false))
	return w
}

var outputPrograms = programs{
	"chatty":               func() { chatty(obedient) },
	"chatty and panicking": func() { chatty(panicsLate("burst")) },
	"chatty after a while": func() {
		chatty(func(ctx context.Context) error {
			_ = obedient(ctx)
			_, _ = io.Copy(io.Discard, os.Stdin)
			return nil
		})
	},
	"writes while running": func() {
		shutdown.Register("finalizer", closes("finalizer"))
		shutdown.Main(func(context.Context) error {
			ready()
			_, _ = io.Copy(io.Discard, os.Stdin)
			say("%v", errors.Unwrap(askUntilItFails()))
			return nil
		})
	},
	"starts a child while stopping": func() {
		shutdown.Register("child", func() {
			say("child: %v", exec.Command("sh", "-c", "kill -PIPE $$").Run())
		})
		shutdown.Main(obedient)
	},
	"panics between finalizers": func() { panicsBetween(obedient) },
	"hangs and panics": func() {
		insistent(shutdown.Default())
		onForced(shutdown.Default(), func() { time.AfterFunc(beyondEcho, func() { say("again") }) })
		panicsBetween(blocksReady)
	},
	"panics and is asked again": func() {
		insistent(shutdown.Default())
		panicsBetween(obedient)
	},
	"closes standard error": func() {
		shutdown.Register("oldest", closes("oldest"))
		failingFinalizer(shutdown.Default())
		shutdown.Register("newest", closes("newest"))
		shutdown.Main(func(ctx context.Context) error {
			os.Stderr.Close()
			return obedient(ctx)
		})
	},
	"logs a fatal event": func() {
		shutdown.Register("oldest", closes("oldest"))
		shutdown.Register("file", func() error {
			f, err := os.Open(os.DevNull)
			if err != nil {
				return err
			}
			say("descriptor 2 is taken: %v", f.Fd() != 2)
			return errors.New("disk full")
		})
		shutdown.Register("newest", closes("newest"))
		shutdown.Main(fatal)
	},
	"logs a fatal event and panics": func() {
		shutdown.Register("oldest", closes("oldest"))
		shutdown.Register("panics", func() { panic("burst") })
		shutdown.Register("newest", closes("newest"))
		shutdown.Main(fatal)
	},
	"logs a fatal event and crashes": func() {
		shutdown.Register("crashes", func() { go func() { panic("burst") }(); forever() })
		shutdown.Main(fatal)
	},
}

// chatty is a program that prints wherever it is, on both outputs.
func chatty(run func(context.Context) error) {
	shutdown.Register("oldest", func() { say("oldest"); fmt.Println("oldest") })
	shutdown.Register("tells", func() {
		fmt.Fprintln(os.Stderr, "is anybody there?")
		say("%v", errors.Unwrap(askUntilItFails()))
	})
	shutdown.Register("newest", func() { say("newest"); fmt.Println("newest") })
	shutdown.Main(run)
}

// askUntilItFails writes to standard output until that fails. The reader of a
// pipe is gone only when the last child has forgotten it that another test was
// just starting.
func askUntilItFails() error {
	for {
		if _, err := fmt.Println("is anybody there?"); err != nil {
			return err
		}
	}
}

// panicsBetween is a program that panics between two finalizers.
func panicsBetween(run func(context.Context) error) {
	shutdown.Register("oldest", closes("oldest"))
	shutdown.Register("panics", func() { panic("burst") })
	shutdown.Register("newest", closes("newest"))
	shutdown.Main(run)
}

// fatal is a run that fails in the way of those who log.
func fatal(context.Context) error {
	defer say("deferred")
	log.Fatal().Msg("no luck")
	say("reached")
	return nil
}

// onForced calls fn when a second Ctrl-C forces the stop of m.
func onForced(m *shutdown.Manager, fn func()) {
	m.Observe(func(e shutdown.Event) {
		if e.Type == shutdown.EventForced {
			fn()
		}
	})
}
