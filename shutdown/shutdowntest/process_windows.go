package shutdowntest

import (
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/windows"
)

// ownGroup lets the program alone receive the console's events that are sent
// to it.
func ownGroup(cmd *exec.Cmd) {
	var own syscall.SysProcAttr
	if cmd.SysProcAttr != nil {
		own = *cmd.SysProcAttr
	}
	own.CreationFlags |= windows.CREATE_NEW_PROCESS_GROUP
	cmd.SysProcAttr = &own
}

// send sends what Windows can send: an interrupt as CTRL_BREAK, the only one of
// the console's events that reaches a group, and the end.
func send(cmd *exec.Cmd, sig os.Signal) error {
	switch sig {
	case os.Interrupt:
		return windows.GenerateConsoleCtrlEvent(windows.CTRL_BREAK_EVENT, uint32(cmd.Process.Pid))
	case os.Kill:
		return cmd.Process.Kill()
	}
	return errUnsendable
}

func sendGroup(cmd *exec.Cmd, sig os.Signal) error { return send(cmd, sig) }

func terminate(cmd *exec.Cmd) { _ = send(cmd, os.Interrupt) }

func dump(*exec.Cmd) {}

func killGroup(cmd *exec.Cmd) { _ = cmd.Process.Kill() }

func statusOfProcess(state *os.ProcessState) Status { return Status{Code: state.ExitCode()} }
