//go:build unix

package shutdowntest

import (
	"os"
	"os/exec"
	"syscall"
)

// ownGroup makes the program the leader of a group, unless it is to be in
// another.
func ownGroup(cmd *exec.Cmd) {
	attr := attributesOf(cmd)
	if !attr.Setsid && !attr.Setpgid {
		attr.Setpgid, attr.Pgid = true, 0
	}
}

// attributesOf returns cmd's attributes, a copy of those that it had.
func attributesOf(cmd *exec.Cmd) *syscall.SysProcAttr {
	var own syscall.SysProcAttr
	if cmd.SysProcAttr != nil {
		own = *cmd.SysProcAttr
	}
	cmd.SysProcAttr = &own
	return cmd.SysProcAttr
}

// leadsGroup reports whether the program leads a group, so that a signal to the
// group reaches nobody else.
func leadsGroup(cmd *exec.Cmd) bool {
	attr := cmd.SysProcAttr
	return attr.Setsid || attr.Setpgid && attr.Pgid == 0
}

// send sends a signal to the program alone.
func send(cmd *exec.Cmd, sig os.Signal) error { return cmd.Process.Signal(sig) }

// sendGroup sends a signal to the program's group.
func sendGroup(cmd *exec.Cmd, sig os.Signal) error {
	number, ok := sig.(syscall.Signal)
	if !ok {
		return syscall.EINVAL
	}
	if !leadsGroup(cmd) {
		return cmd.Process.Signal(sig)
	}
	return syscall.Kill(-cmd.Process.Pid, number)
}

// The errors of these are those of processes that have ended already.

// terminate asks for the end. Who is paused acts on it only when continued.
func terminate(cmd *exec.Cmd) {
	_ = cmd.Process.Signal(syscall.SIGTERM)
	_ = sendGroup(cmd, syscall.SIGCONT)
}

// dump makes a Go program write down its stacks and end.
func dump(cmd *exec.Cmd) {
	_ = cmd.Process.Signal(syscall.SIGQUIT)
	_ = sendGroup(cmd, syscall.SIGCONT)
}

func killGroup(cmd *exec.Cmd) {
	_ = cmd.Process.Kill()
	_ = sendGroup(cmd, syscall.SIGKILL)
}

// statusOfProcess returns how a process has ended.
func statusOfProcess(state *os.ProcessState) Status {
	status, ok := state.Sys().(syscall.WaitStatus)
	if ok && status.Signaled() {
		return Status{Code: 128 + int(status.Signal()), Signal: status.Signal()}
	}
	return Status{Code: state.ExitCode()}
}
