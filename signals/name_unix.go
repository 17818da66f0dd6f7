//go:build unix

package signals

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// Name returns the name of sig as kill(1) spells it, with SIG in front:
// "SIGTERM"; empty if it has none.
func Name(sig os.Signal) string {
	number, _ := sig.(syscall.Signal)
	return unix.SignalName(number)
}
