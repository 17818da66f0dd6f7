//go:build unix && !linux

package actors

import (
	"os/signal"
	"syscall"
)

// withoutSIGTTOU calls fn with that signal ignored, by which the kernel would
// otherwise stop a background process that takes the terminal. To block it for
// one thread, as on Linux, is not possible here without cgo.
func withoutSIGTTOU(fn func()) {
	if !signal.Ignored(syscall.SIGTTOU) {
		signal.Ignore(syscall.SIGTTOU)
		defer signal.Reset(syscall.SIGTTOU)
	}
	fn()
}
