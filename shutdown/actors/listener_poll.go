//go:build unix

package actors

import (
	"errors"

	"golang.org/x/sys/unix"
)

const canPoll = true

// anyWaiting reports whether a connection is waiting to be accepted.
func anyWaiting(q queue) (yes bool) {
	raw, err := q.SyscallConn()
	if err != nil {
		return false
	}
	_ = raw.Control(func(fd uintptr) { // it fails if the socket is closed
		poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		n, err := unix.Poll(poll, 0)
		for errors.Is(err, unix.EINTR) {
			n, err = unix.Poll(poll, 0)
		}
		yes = n > 0
	})
	return yes
}
