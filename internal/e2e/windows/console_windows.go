package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"golang.org/x/sys/windows"
)

// themselves is this program, as something else.
func themselves(program string) *exec.Cmd {
	self, err := os.Executable()
	check(err)
	cmd := exec.Command(self, program)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd
}

func inOwnGroup(cmd *exec.Cmd) *exec.Cmd {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP}
	return cmd
}

// listening lets cmd be asked to end by the end of its standard input.
func listening(cmd *exec.Cmd) *exec.Cmd {
	theirs, ours, err := os.Pipe()
	check(err)
	cmd.Stdin, cmd.Cancel = theirs, ours.Close
	return cmd
}

// receiveCtrlC keeps the program alive when it is sent Ctrl-C or Ctrl-Break.
func receiveCtrlC() { signal.Notify(make(chan os.Signal, 1), os.Interrupt) }

// asks is a program that asks another one to end, as soon as that is ready, and
// passes on what it says and how it ends.
func asks(cmd *exec.Cmd, ask func(pid int) error) {
	receiveCtrlC() // as everybody on the console does
	cmd.Stdout = nil
	said, err := cmd.StdoutPipe()
	check(err)
	check(cmd.Start())
	for lines := bufio.NewScanner(said); lines.Scan(); {
		say("%s", lines.Text())
		if lines.Text() == "ready" {
			check(ask(cmd.Process.Pid))
		}
	}
	_ = cmd.Wait()
	os.Exit(cmd.ProcessState.ExitCode())
}

// sendCtrlC sends CTRL_C to everybody on the console: there is no way to send it
// to fewer.
func sendCtrlC(int) error {
	return windows.GenerateConsoleCtrlEvent(windows.CTRL_C_EVENT, 0)
}

func sendCtrlBreak(pid int) error {
	return windows.GenerateConsoleCtrlEvent(windows.CTRL_BREAK_EVENT, uint32(pid))
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(99)
	}
}
