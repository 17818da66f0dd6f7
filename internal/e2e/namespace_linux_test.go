package e2e_test

import (
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/seed7e043c35/lastcall/shutdown/shutdowntest"
)

func TestProcess1ExitsWith143WhenCutShort(t *testing.T) {
	t.Parallel()
	p := startAndTerminate(t, "cut short with three finalizers", asProcess1)
	p.ends(exit(143), grace)
	p.said("newest", "slow", "oldest")
}

func TestProcess1ExitsWith130WhenForced(t *testing.T) {
	t.Parallel()
	s := hostileSignals["a second Ctrl-C starts every finalizer"]
	s.ends = exit(130)
	s.test(t, start(t, "a second Ctrl-C starts every finalizer", asProcess1, with(s.env...)))
}

func TestProcess1EndsWellLikeAnyOther(t *testing.T) {
	t.Parallel()
	p := startAndTerminate(t, "three finalizers", asProcess1)
	p.ends(exit(0), grace)
	p.said("newest", "slow", "oldest")
}

// asProcess1 starts the program as the first process of a PID namespace, where
// that is permitted.
func asProcess1(t *testing.T, cmd *exec.Cmd) []shutdowntest.Option {
	t.Helper()
	probe := exec.Command("true")
	probe.SysProcAttr = inNamespace(&syscall.SysProcAttr{})
	if err := probe.Run(); err != nil {
		t.Skipf("a PID namespace is not permitted here: %v", err)
	}
	cmd.SysProcAttr = inNamespace(&syscall.SysProcAttr{})
	return nil
}

func inNamespace(attr *syscall.SysProcAttr) *syscall.SysProcAttr {
	attr.Cloneflags |= syscall.CLONE_NEWPID
	if uid := os.Getuid(); uid != 0 { // root of its own user namespace
		attr.Cloneflags |= syscall.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: uid, Size: 1}}
	}
	return attr
}
