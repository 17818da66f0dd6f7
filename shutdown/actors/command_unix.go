//go:build unix

package actors

import (
	"errors"
	"os/exec"
	"slices"
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

// resume continues those of the group that have been stopped, after they have
// been told something: only then do they hear of it.
func resume(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGCONT) }

// A group is a process group: a child, and those of its children that did not
// leave it.
type group struct {
	id     int
	member int // one that was alive when it was last looked for
}

// alive reports whether anything is left of the group once the child itself
// has been waited for.
//
// Orphans that have ended remain in the group until whoever inherited them has
// waited for them: process 1, or a subreaper. If that is this process, it is
// done here; of others that do not, the dead are not counted.
func (g *group) alive() bool {
	for {
		pid, err := syscall.Wait4(-g.id, nil, syscall.WNOHANG, nil)
		if pid <= 0 && !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	return syscall.Kill(-g.id, 0) == nil && !g.dead()
}

// obeyed reports whether err is the exit of a child that ended by the signal
// by which it was asked to, as the kernel says it or as shells do.
func (c *child) obeyed(err error) bool {
	asked := []syscall.Signal{syscall.SIGTERM}
	if c.cancel != nil { // it sends one of these, as a rule
		asked = append(asked, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGHUP)
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && slices.ContainsFunc(asked, func(sig syscall.Signal) bool {
		return status.Signaled() && status.Signal() == sig || status.ExitStatus() == 128+int(sig)
	})
}
