package guard_test

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// inNamespace makes a program process 1 of a PID namespace, where that is
// permitted.
func inNamespace(t *testing.T) func(*exec.Cmd) {
	t.Helper()
	attr := func() *syscall.SysProcAttr {
		a := &syscall.SysProcAttr{Setpgid: true, Cloneflags: syscall.CLONE_NEWPID}
		if uid := os.Getuid(); uid != 0 { // root of its own user namespace
			a.Cloneflags |= syscall.CLONE_NEWUSER
			a.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: uid, Size: 1}}
		}
		return a
	}
	probe := exec.Command("true")
	probe.SysProcAttr = attr()
	if err := probe.Run(); err != nil {
		t.Skipf("a PID namespace is not permitted here: %v", err)
	}
	return func(cmd *exec.Cmd) { cmd.SysProcAttr = attr() }
}
