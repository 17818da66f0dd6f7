package actors_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/seed7e043c35/lastcall/internal/pty"
	"github.com/seed7e043c35/lastcall/shutdown/actors"
)

func init() {
	children["wrapper"] = func() { // of something interactive; then it reads itself, or is interrupted
		cmd := exec.Command("sh", "-c", `echo editing; read x; echo "child read $x"`)
		if os.Getenv("LEAVES") != "" {
			cmd = exec.Command("sh", "-c", os.Getenv("LEAVES")+` & echo editing; read x; echo "child read $x"`)
		}
		if os.Getenv("CHILD") != "" {
			cmd = exec.Command(os.Getenv("CHILD"))
		}
		cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
		cmd.SysProcAttr = &syscall.SysProcAttr{Foreground: true, Ctty: 0}
		fmt.Println("child's end:", actors.Command(cmd)(context.Background()))
		line, err := bufio.NewReader(os.Stdin).ReadString('\n')
		fmt.Printf("parent read %q, %v\n", line, err)
		hang()
	}
}

func TestCommand_givesTheTerminalBackAfterAForegroundChild(t *testing.T) {
	cmd := childOf("wrapper")
	terminal := pty.Open(t)
	terminal.Start(t, cmd)
	terminal.Await(t, "editing")
	terminal.Type(t, "hello\n")
	terminal.Await(t, "child's end: <nil>")
	terminal.Type(t, "and here\n")
	terminal.Await(t, `parent read "and here\n", <nil>`)
	terminal.Type(t, "\x03")
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.String() != "signal: interrupt" {
		t.Errorf("after Ctrl-C the program ended with %v, want that it reached it", err)
	}
}

// What a child leaves behind in its group is no reason for Ctrl-C to reach nobody.
func TestCommand_givesTheTerminalBackFromWhatAForegroundChildLeaves(t *testing.T) {
	cmd := childOf("wrapper")
	cmd.Env = append(cmd.Env, "LEAVES=sleep 600")
	terminal := pty.Open(t)
	terminal.Start(t, cmd)
	terminal.Await(t, "editing")
	terminal.Type(t, "hello\n")
	terminal.Await(t, "child's end: <nil>")
	terminal.Type(t, "\x03")
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.String() != "signal: interrupt" {
		t.Errorf("after Ctrl-C the program ended with %v, want that it reached it", err)
	}
}

func TestCommand_givesTheTerminalBackIfTheChildCannotBeStarted(t *testing.T) {
	cmd := childOf("wrapper")
	cmd.Env = append(cmd.Env, "CHILD=/dev/null") // found, and no program
	terminal := pty.Open(t)
	terminal.Start(t, cmd)
	if shown := terminal.Await(t, "\n"); !strings.Contains(shown, "permission denied") {
		t.Errorf("shown: %q, want that the child could not be started", shown)
	}
	terminal.Type(t, "\x03")
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.String() != "signal: interrupt" {
		t.Errorf("after Ctrl-C the program ended with %v, want that it reached it", err)
	}
}
