package main

import (
	"errors"
	"os"
	"os/exec"
	"testing"

	"github.com/seed7e043c35/lastcall/internal/pty"
)

// The test binary is its own child.
const programVariable = "LASTCALL_TEST_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(programVariable) != "" {
		main()
	}
	os.Exit(m.Run())
}

// prompted starts the program and waits until it has asked, without echo.
func prompted(t *testing.T) (*exec.Cmd, *pty.Terminal) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), programVariable+"=yes")
	terminal := pty.Open(t)
	terminal.Start(t, cmd)
	terminal.Await(t, "Password: ")
	return cmd, terminal
}

func TestOneCtrlCEndsAPromptAndLeavesTheTerminalSane(t *testing.T) {
	cmd, terminal := prompted(t)
	terminal.Type(t, "\x03")
	terminal.Rest()
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.String() != "signal: interrupt" {
		t.Errorf("the program ended with %v, want death by SIGINT", err)
	}
	if !terminal.Echoes(t) {
		t.Error("the terminal does not echo any more")
	}
}

func TestAPasswordIsReadWithoutEcho(t *testing.T) {
	cmd, terminal := prompted(t)
	terminal.Type(t, "secret\n")
	terminal.Await(t, "logged in with 6 characters")
	terminal.Rest()
	if err := cmd.Wait(); err != nil {
		t.Errorf("the program ended with %v, want nil", err)
	}
	if !terminal.Echoes(t) {
		t.Error("the terminal does not echo any more")
	}
}
