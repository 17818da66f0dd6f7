package actors

import (
	"errors"
	"io"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// foregroundCheck is the pause between two looks at whether a process that wants
// to read from its terminal is in the foreground: nothing tells it.
const foregroundCheck = 100 * time.Millisecond

// readFrom is r.Read, but for a terminal that the process may not read from,
// since it is in the background: SIGTTIN would stop the whole process, again as
// soon as it is continued, and it could act on no SIGTERM. With that signal
// blocked the read fails instead, and is tried again until it is allowed.
func readFrom(r io.Reader, p []byte) (n int, err error) {
	f, ok := r.(*os.File)
	if !ok {
		return r.Read(p)
	}
	for {
		if _, noTerminal := foregroundOf(f); noTerminal != nil || !without(syscall.SIGTTIN, func() { n, err = f.Read(p) }) {
			return f.Read(p)
		}
		if owner, gone := foregroundOf(f); !errors.Is(err, syscall.EIO) || gone != nil || owner == unix.Getpgrp() {
			return n, err
		}
		<-time.After(foregroundCheck)
	}
}

// foregroundOf returns the group that has f, if that is the terminal of this
// process and has not been closed.
func foregroundOf(f *os.File) (group int, err error) {
	conn, err := f.SyscallConn()
	if err != nil {
		return 0, err
	}
	controlErr := conn.Control(func(fd uintptr) { group, err = unix.IoctlGetInt(int(fd), unix.TIOCGPGRP) })
	return group, errors.Join(controlErr, err)
}
