//go:build unix

package progress

import (
	"os"

	"golang.org/x/sys/unix"
)

// understands reports whether escape sequences do something on f: no TERM is
// no promise.
func understands(*os.File) bool { return os.Getenv("TERM") != "" }

func measure(f *os.File) (width, height int) {
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0, 0
	}
	return int(size.Col), int(size.Row)
}

// foreground reports whether the terminal belongs to this process's job, not to
// the shell that started it in the background. Of a terminal that cannot tell
// it is assumed.
func foreground(f *os.File) bool {
	its, err := unix.IoctlGetInt(int(f.Fd()), unix.TIOCGPGRP)
	if err != nil {
		return true
	}
	own, err := unix.Getpgid(0)
	return err != nil || its == own
}
