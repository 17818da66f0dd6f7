//go:build unix

package actors

import (
	"errors"
	"os/exec"
	"syscall"
)

// inOwnGroup returns attr with a new process group for the child.
func inOwnGroup(attr *syscall.SysProcAttr) *syscall.SysProcAttr {
	var own syscall.SysProcAttr
	if attr != nil {
		own = *attr
	}
	if !own.Setsid { // a session of its own is a group of its own
		own.Setpgid, own.Pgid = true, 0
	}
	return &own
}

// The errors of these are those of a group that is gone already.

func terminate(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }

func kill(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }

// groupAlive reports whether anything is left of the child's group once the
// child itself has been waited for.
//
// Orphans that have ended remain in the group until whoever inherited them has
// waited for them: process 1, or a subreaper. If that is this process, it is
// done here. Another that is slow at it delays the stop, within its bounds.
func groupAlive(cmd *exec.Cmd) bool {
	for {
		pid, err := syscall.Wait4(-cmd.Process.Pid, nil, syscall.WNOHANG, nil)
		if pid <= 0 && !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	return syscall.Kill(-cmd.Process.Pid, 0) == nil
}

// terminated reports whether err is the exit of a child that SIGTERM ended, as
// the kernel says it or as shells do.
func terminated(err error) bool {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && (status.Signaled() && status.Signal() == syscall.SIGTERM ||
		status.ExitStatus() == 128+int(syscall.SIGTERM))
}
