//go:build unix

package actors

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// terminalOf notes who has the terminal that a child with attr is about to be
// given. The function that it returns, to be called once that child has ended,
// gives it back: otherwise its foreground group would be that of a dead
// process, Ctrl-C would reach nobody, and whoever read from it would be stopped.
//
// If by then somebody else has it who is alive, it remains theirs. Without
// SysProcAttr.Foreground nothing is noted, and nothing given back.
func terminalOf(attr *syscall.SysProcAttr) (giveBack func()) {
	if !attr.Foreground {
		return func() {}
	}
	tty, err := unix.FcntlInt(uintptr(attr.Ctty), unix.F_DUPFD_CLOEXEC, 0) // the caller may close its own
	if err != nil {
		return func() {} // Start says what is wrong
	}
	owner, err := unix.IoctlGetInt(tty, unix.TIOCGPGRP)
	return func() {
		defer unix.Close(tty)
		now, gone := unix.IoctlGetInt(tty, unix.TIOCGPGRP)
		if err != nil || gone != nil || syscall.Kill(-now, 0) != syscall.ESRCH {
			return
		}
		withoutSIGTTOU(func() { _ = unix.IoctlSetPointerInt(tty, unix.TIOCSPGRP, owner) })
	}
}
