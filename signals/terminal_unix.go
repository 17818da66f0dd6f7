//go:build unix

package signals

import "syscall"

// Terminal reports whether the process has a controlling terminal now, the
// closing of which is what SIGHUP means: /dev/tty can be opened. Once that
// terminal has been closed, and in a process that never had one (under systemd,
// in a container, after setsid(1)), it cannot.
//
// Where descriptors or memory are used up nobody can tell; it then says true,
// since a SIGHUP that stops a program in order does less harm than a terminal
// whose closing is missed. It neither waits nor makes the terminal ours. It may
// be called from any goroutine.
func Terminal() bool {
	for {
		fd, err := syscall.Open("/dev/tty", syscall.O_RDWR|syscall.O_NOCTTY|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
		switch err {
		case nil:
			_ = syscall.Close(fd)
			return true
		case syscall.EINTR:
		case syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM:
			return true
		default:
			return false
		}
	}
}
