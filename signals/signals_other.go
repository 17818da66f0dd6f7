//go:build !unix && !windows

package signals

import (
	"os"
	"time"
)

var (
	hangup     []os.Signal
	brokenPipe []os.Signal
)

// StopLimit is how long the system lets a process live after it has sent it
// sig, or 0 if it does not say. It is for signals that came by [Notify]; see
// [Error].
func StopLimit(os.Signal) time.Duration { return 0 }

// Raise would end the process by sig's default action. Here it returns, and
// the caller should exit with [Status].
func Raise(os.Signal) {}
