//go:build unix

package shutdown

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// endVariable says which program a process of this test binary is.
const endVariable = "LASTCALL_TEST_END"

// endings are programs in which somebody holds the manager's lock for ever, from
// before the stop on.
var endings = map[string]struct {
	grace   time.Duration
	signals []syscall.Signal // sent in an impatient person's rhythm, but no echoes
	ends    func(syscall.WaitStatus) bool
}{
	"SIGTERM, and the grace is over": {500 * time.Millisecond, []syscall.Signal{syscall.SIGTERM},
		func(s syscall.WaitStatus) bool { return s.ExitStatus() == 124 }},
	"a panic": {500 * time.Millisecond, nil,
		func(s syscall.WaitStatus) bool { return s.ExitStatus() == 2 }},
	"Ctrl-C three times": {time.Hour, []syscall.Signal{syscall.SIGINT, syscall.SIGINT, syscall.SIGINT},
		func(s syscall.WaitStatus) bool { return s.Signaled() && s.Signal() == syscall.SIGINT }},
}

// The end of the process needs nobody: not even the manager's lock.
func TestEndOfTheProcess_needsNoLock(t *testing.T) {
	if name := os.Getenv(endVariable); name != "" {
		holdTheLock(name)
	}
	for name, e := range endings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestEndOfTheProcess_needsNoLock$")
			cmd.Env = append(os.Environ(), endVariable+"="+name, "GOCOVERDIR=")
			out, err := cmd.CombinedOutput()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || !e.ends(exit.Sys().(syscall.WaitStatus)) {
				t.Errorf("the process ended with %v:\n%s", err, out)
			}
		})
	}
}

// holdTheLock is a program that holds the lock, and is asked to stop.
func holdTheLock(name string) {
	e, m := endings[name], Default()
	m.Grace = e.grace
	Main(func(context.Context) error {
		m.mu.Lock()
		if e.signals == nil {
			panic("boom")
		}
		for _, sig := range e.signals {
			_ = syscall.Kill(os.Getpid(), sig)
			<-time.After(600 * time.Millisecond)
		}
		select {}
	})
}
