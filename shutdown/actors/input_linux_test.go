package actors_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/seed7e043c35/lastcall/internal/pty"
	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/actors"
)

func init() {
	children["echoes"] = func() {
		shutdown.Main(func(ctx context.Context) error {
			shutdown.Finally(ctx, "store", func() { fmt.Println("store closed") })
			in := bufio.NewScanner(actors.Input(ctx, os.Stdin))
			fmt.Println("ready")
			for in.Scan() {
				fmt.Printf("echo %q\n", in.Text())
			}
			return in.Err()
		})
	}
}

func init() {
	children["leader"] = func() { // of the terminal's session; starts one in the background, and later gives it the terminal
		cmd := childOf("echoes")
		cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		if err := cmd.Start(); err != nil {
			panic(err)
		}
		<-time.After(300 * time.Millisecond) // by then it reads; if it does not yet, less is shown
		if os.Getenv("THEN") == "foreground" {
			if err := unix.IoctlSetPointerInt(0, unix.TIOCSPGRP, cmd.Process.Pid); err != nil {
				panic(err)
			}
		} else { // as a shell's kill does
			_ = cmd.Process.Signal(syscall.SIGTERM)
			_ = cmd.Process.Signal(syscall.SIGCONT)
		}
		fmt.Println("done")
		_ = cmd.Wait()
		signal.Ignore(syscall.SIGTTOU) // it may not have the terminal
		fmt.Println("its end:", cmd.ProcessState)
	}
}

func TestInput_inTheBackgroundIsEndedBySIGTERM(t *testing.T) {
	cmd := childOf("leader")
	terminal := pty.Open(t)
	terminal.Start(t, cmd)
	terminal.Await(t, "its end: signal: terminated")
	_ = cmd.Wait()
}

func TestInput_inTheBackgroundReadsOnceItHasTheTerminal(t *testing.T) {
	cmd := childOf("leader")
	cmd.Env = append(cmd.Env, "THEN=foreground")
	terminal := pty.Open(t)
	terminal.Start(t, cmd)
	terminal.Await(t, "done")
	terminal.Type(t, "hello\n")
	terminal.Await(t, `echo "hello"`)
	terminal.Type(t, "\x03")
	terminal.Await(t, "its end: signal: interrupt")
	_ = cmd.Wait()
}

func TestInput_oneCtrlCEndsAProgramThatReads(t *testing.T) {
	cmd := childOf("echoes")
	terminal := pty.Open(t)
	terminal.Start(t, cmd)
	terminal.Await(t, "ready")
	terminal.Type(t, "hello\n")
	terminal.Await(t, `echo "hello"`)
	terminal.Type(t, "half a li\x03")
	asked := time.Now()
	shown := terminal.Rest()
	t.Logf("gone after %v", time.Since(asked))
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.String() != "signal: interrupt" {
		t.Errorf("the program ended with %v, want death by SIGINT, and that nothing was stuck", err)
	}
	if !strings.Contains(shown, "store closed") {
		t.Errorf("shown: %q, want that the finalizer has run", shown)
	}
}

// The read that is under way fails at the same time as SIGHUP comes.
func TestInput_ofATerminalThatIsClosedIsNoFailure(t *testing.T) {
	received := make(chan os.Signal, 1)
	signal.Notify(received, syscall.SIGHUP) // what is received here has its default action in children, under nohup too
	defer signal.Stop(received)
	for range 20 { // either may come first
		closeTerminal(t)
	}
}

// closeTerminal closes the terminal of a program that reads from it.
func closeTerminal(t *testing.T) {
	t.Helper()
	cmd := childOf("echoes")
	terminal := pty.Open(t)
	cmd.Stdout, cmd.Stderr = nil, io.Discard // EIO is for the input alone
	said, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	terminal.Start(t, cmd)
	lines := bufio.NewScanner(said)
	lines.Scan() // ready
	terminal.Type(t, "hello\n")
	lines.Scan() // echo
	_ = terminal.Screen.Close()
	for lines.Scan() { // to its end
	}
	err = cmd.Wait()
	var exit *exec.ExitError // none if it was just about to read: then it has read the end of its input
	if errors.As(err, &exit) && exit.String() != "signal: hangup" {
		t.Errorf("the program ended with %v, want death by SIGHUP", err)
	}
}
