// The program that the tests run under wine. Its argument says as what; what
// happens in it, it tells the test on its standard output, a line each.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/actors"
)

var programs = map[string]func(){
	"idle":                     func() { say("ready"); _, _ = io.Copy(io.Discard, os.Stdin) },
	"returns nil":              func() { shutdown.Main(func(context.Context) error { return nil }) },
	"fails":                    func() { shutdown.Main(func(context.Context) error { return errors.New("no luck") }) },
	"panics":                   func() { shutdown.Main(func(context.Context) error { panic("burst") }) },
	"exits":                    func() { shutdown.Main(func(context.Context) error { shutdown.Exit(7); return nil }) },
	"is stuck":                 func() { shutdown.Main(isStuck) },
	"loses its file":           losesItsFile,
	"is given SIGTERM":         func() { hasFinalizer(); isGivenSIGTERM() },
	"is obedient":              func() { hasFinalizer(); shutdown.Main(obedient) },
	"is interrupted":           func() { hasFinalizer(); shutdown.Main(interruptible) },
	"is stubborn":              isStubborn,
	"reads":                    func() { hasFinalizer(); shutdown.Main(reads) },
	"has a child":              func() { hasChild(themselves("is interrupted")) },
	"has a child that listens": func() { hasChild(listening(themselves("listens"))) },
	"has a deaf child":         func() { hasChild(themselves("is deaf")) },
	"listens":                  func() { hasFinalizer(); shutdown.Main(listens) },
	"is deaf":                  func() { receiveCtrlC(); say("ready"); <-time.After(time.Hour) },
	"sends Ctrl-C":             func() { asks(themselves("is interrupted"), sendCtrlC) },
	"sends Ctrl-Break":         func() { asks(inOwnGroup(themselves("is interrupted")), sendCtrlBreak) },
	"tries Ctrl-Break":         func() { receiveCtrlC(); check(sendCtrlBreak(0)) },
}

func main() { programs[os.Args[1]]() }

// say tells the test one thing.
func say(format string, args ...any) { fmt.Printf(format+"\n", args...) }

func hasFinalizer() { shutdown.Register("file", func() { say("finalizer") }) }

// obedient ends well when it is told to stop.
func obedient(ctx context.Context) error {
	say("ready")
	<-ctx.Done()
	say("%v", context.Cause(ctx))
	return nil
}

// interruptible says that it was cut short.
func interruptible(ctx context.Context) error {
	_ = obedient(ctx)
	return ctx.Err()
}

// reads loops over the lines of its standard input.
func reads(ctx context.Context) error {
	say("ready")
	in := bufio.NewScanner(actors.Input(ctx, os.Stdin))
	for in.Scan() {
		say("read %q", in.Text())
	}
	return in.Err()
}

// isStuck does not end when it is told to stop.
func isStuck(ctx context.Context) error {
	shutdown.FromContext(ctx).Stop(nil)
	select {}
}

// isStubborn does not end by itself. It says "again" when a further Ctrl-C would
// not be an echo any more.
func isStubborn() {
	hasFinalizer()
	shutdown.Main(func(ctx context.Context) error {
		_ = obedient(ctx)
		<-time.After(600 * time.Millisecond)
		say("again")
		select {}
	})
}

// listens stops as by Ctrl-C at the end of its standard input.
func listens(ctx context.Context) error {
	go func() { // ends with its input, or with the program
		_, _ = io.Copy(io.Discard, os.Stdin)
		shutdown.FromContext(ctx).Signal(os.Interrupt)
	}()
	return interruptible(ctx)
}

func hasChild(cmd *exec.Cmd) {
	hasFinalizer()
	shutdown.Main(actors.Command(cmd))
}

// losesItsFile has a finalizer that fails.
func losesItsFile() {
	shutdown.Register("file", func() error { return errors.New("disk full") })
	shutdown.Main(func(context.Context) error { return nil })
}

// isGivenSIGTERM stops as by a service control manager's wish, for longer than
// a closed console would let it.
func isGivenSIGTERM() {
	const drain, work = 200 * time.Millisecond, 5 * time.Second
	m := shutdown.Default()
	m.Drain = drain
	shutdown.Main(func(ctx context.Context) error {
		m.Signal(syscall.SIGTERM)
		<-m.Draining()
		say("draining, with a grace of %v", m.Report().Grace)
		<-ctx.Done()
		if took := m.Report().Took; took < drain {
			say("drained for no more than %v", took)
		}
		<-time.After(work) // what is shown is that there is time for it
		say("finished")
		return nil
	})
}
