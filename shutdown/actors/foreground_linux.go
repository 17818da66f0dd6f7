package actors

import (
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// withoutSIGTTOU calls fn with that signal blocked, by which the kernel would
// otherwise stop a background process that takes the terminal.
func withoutSIGTTOU(fn func()) { without(syscall.SIGTTOU, fn) }

// without calls fn with sig blocked in its thread, and reports whether it could.
func without(sig syscall.Signal, fn func()) bool {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var blocked, before unix.Sigset_t
	blocked.Val[0] = 1 << (sig - 1)
	if unix.PthreadSigmask(unix.SIG_BLOCK, &blocked, &before) != nil {
		return false
	}
	defer func() { _ = unix.PthreadSigmask(unix.SIG_SETMASK, &before, nil) }()
	fn()
	return true
}
