//go:build unix

package process

import (
	"os"

	"golang.org/x/sys/unix"
)

const stderrFD = 2

// Stderr returns a duplicate of standard error that children do not
// inherit.
func Stderr() *Output {
	fd, err := unix.FcntlInt(stderrFD, unix.F_DUPFD_CLOEXEC, stderrFD+1)
	if err != nil {
		return &Output{os.Stderr} // closed already; writes fail, which is all they can do
	}
	return &Output{os.NewFile(uintptr(fd), "/dev/stderr")}
}

// Restore puts standard error back on its descriptor if that is free, so that
// the next file opened does not receive the runtime's last words.
func (o *Output) Restore() {
	if o.File == os.Stderr {
		return
	}
	fd, err := unix.FcntlInt(o.File.Fd(), unix.F_DUPFD, stderrFD) // the lowest that is free
	if err == nil && fd != stderrFD {
		_ = unix.Close(fd)
	}
}
