//go:build unix

package actors

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// terminalOf notes who has the terminal that a child with attr is about to be
// given. The function that it returns, to be called once that child has ended,
// with its group, or with 0 if it could not be started, gives it back: otherwise
// its foreground group would be that of a dead process, Ctrl-C would reach nobody,
// and whoever read from it would be stopped.
//
// What the child has left behind in its group does not keep it, as with a shell,
// nor does a zombie. If by then another group has it who is alive, it remains
// theirs. Without SysProcAttr.Foreground nothing is noted, and nothing given back.
func terminalOf(attr *syscall.SysProcAttr) (giveBack func(group int)) {
	if !attr.Foreground {
		return func(int) {}
	}
	tty, err := unix.FcntlInt(uintptr(attr.Ctty), unix.F_DUPFD_CLOEXEC, 0) // the caller may close its own
	if err != nil {
		return func(int) {} // Start says what is wrong
	}
	owner, err := unix.IoctlGetInt(tty, unix.TIOCGPGRP)
	return func(group int) {
		defer unix.Close(tty)
		now, gone := unix.IoctlGetInt(tty, unix.TIOCGPGRP)
		if err != nil || gone != nil || now != group && syscall.Kill(-now, 0) != syscall.ESRCH {
			return
		}
		withoutSIGTTOU(func() { _ = unix.IoctlSetPointerInt(tty, unix.TIOCSPGRP, owner) })
	}
}
