//go:build unix

package shutdown

import (
	"os"

	"golang.org/x/sys/unix"
)

const stderrFD = 2

// duplicateStderr returns a duplicate of standard error that children do not
// inherit.
func duplicateStderr() *errorOutput {
	fd, err := unix.FcntlInt(stderrFD, unix.F_DUPFD_CLOEXEC, stderrFD+1)
	if err != nil {
		return &errorOutput{os.Stderr} // closed already; writes fail, which is all they can do
	}
	return &errorOutput{os.NewFile(uintptr(fd), "/dev/stderr")}
}

// restore puts standard error back on its descriptor if that is free, so that
// the next file opened does not receive the runtime's last words.
func (o *errorOutput) restore() {
	if o.file == os.Stderr {
		return
	}
	fd, err := unix.FcntlInt(o.file.Fd(), unix.F_DUPFD, stderrFD) // the lowest that is free
	if err == nil && fd != stderrFD {
		_ = unix.Close(fd)
	}
}
