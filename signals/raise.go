package signals

import (
	"os"
	"syscall"
)

// Status returns the exit status by which shells and supervisors know a
// process that could not die by sig itself: 128 plus its number, or 1 for a
// signal without a number that fits.
func Status(sig os.Signal) int {
	if n, ok := sig.(syscall.Signal); ok && n > 0 && n < 128 {
		return 128 + int(n)
	}
	return 1
}
