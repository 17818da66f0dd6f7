package actors

import (
	"errors"
	"os/exec"
	"syscall"

	"golang.org/x/sys/windows"
)

// inOwnGroup returns attr with a new process group for the child.
func inOwnGroup(attr *syscall.SysProcAttr) *syscall.SysProcAttr {
	var own syscall.SysProcAttr
	if attr != nil {
		own = *attr
	}
	own.CreationFlags |= windows.CREATE_NEW_PROCESS_GROUP
	return &own
}

// terminate sends CTRL_BREAK, the only one of the console's events that can be
// sent to one group. Without a console in common nothing can be sent.
func terminate(cmd *exec.Cmd) {
	_ = windows.GenerateConsoleCtrlEvent(windows.CTRL_BREAK_EVENT, uint32(cmd.Process.Pid))
}

func kill(cmd *exec.Cmd) { _ = cmd.Process.Kill() }

// resume does nothing: nobody stops a process here.
func resume(*exec.Cmd) {}

// A group is a child alone: what it has left behind cannot be found.
type group struct{ id int }

func (*group) alive() bool { return false }

// obeyed reports whether err is the exit of a child that did as it was asked: as
// the system says it of one that CTRL_BREAK has ended, or as this module and others
// do of one that has cleaned up first, by the number of the signal for which they
// take it.
func (*child) obeyed(err error) bool {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return false
	}
	switch uint32(exit.ExitCode()) {
	case uint32(windows.STATUS_CONTROL_C_EXIT), 128 + uint32(syscall.SIGINT), 128 + uint32(syscall.SIGTERM):
		return true
	}
	return false
}

func terminalOf(*syscall.SysProcAttr) (giveBack func(group int)) { return func(int) {} }
