//go:build unix

package main

import (
	"fmt"
	"os"
	"syscall"
)

// An ending is how a process ended: with a status of its own, or by a signal.
// These are different things, which a shell alone writes in the same way.
type ending struct {
	code   int
	signal syscall.Signal // 0: it ended by itself, with code
}

func endingOf(s *os.ProcessState) ending {
	if w, ok := s.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		return ending{signal: w.Signal()}
	}
	return ending{code: s.ExitCode()}
}

func (e ending) String() string {
	if e.signal != 0 {
		return "died by " + signalName(e.signal)
	}
	return fmt.Sprintf("status %d", e.code)
}

// shell is the status as bash and docker say it: 128+n after signal n.
func (e ending) shell() int {
	if e.signal != 0 {
		return 128 + int(e.signal)
	}
	return e.code
}

// clean says whether systemd takes it for a clean exit: 0, or death by one of
// four signals (systemd.service(5), "SuccessExitStatus=").
func (e ending) clean() bool {
	switch e.signal {
	case 0:
		return e.code == 0
	case syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM, syscall.SIGPIPE:
		return true
	}
	return false
}

// readings says how three readers understand it.
func (e ending) readings() string {
	systemd, kubernetes := "failed", "Error"
	if e.clean() {
		systemd = "a clean exit"
	}
	if e.shell() == 0 {
		kubernetes = "Completed"
	}
	return fmt.Sprintf("%v: %d for bash, %s for systemd, %s in Kubernetes", e, e.shell(), systemd, kubernetes)
}

var signalNames = map[syscall.Signal]string{
	syscall.SIGHUP: "SIGHUP", syscall.SIGINT: "SIGINT", syscall.SIGQUIT: "SIGQUIT", syscall.SIGILL: "SIGILL",
	syscall.SIGABRT: "SIGABRT", syscall.SIGFPE: "SIGFPE", syscall.SIGKILL: "SIGKILL", syscall.SIGSEGV: "SIGSEGV",
	syscall.SIGPIPE: "SIGPIPE", syscall.SIGALRM: "SIGALRM", syscall.SIGTERM: "SIGTERM", syscall.SIGBUS: "SIGBUS",
	syscall.SIGUSR1: "SIGUSR1", syscall.SIGUSR2: "SIGUSR2", syscall.SIGWINCH: "SIGWINCH",
}

func signalName(s syscall.Signal) string {
	if name, ok := signalNames[s]; ok {
		return name
	}
	return fmt.Sprintf("signal %d", int(s))
}
