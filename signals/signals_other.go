//go:build !unix && !windows

package signals

import (
	"os"
	"syscall"
	"time"
)

var (
	termination = []os.Signal{os.Interrupt, syscall.SIGTERM}
	brokenPipe  []os.Signal
)

// StopLimit is how long the system lets a process live after sig, or 0 if it
// does not say.
func StopLimit(os.Signal) time.Duration { return 0 }

// Raise would end the process by sig's default action. Here it returns, and
// the caller should exit with [Status].
func Raise(os.Signal) {}
