package systemd

import (
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// transmit sends message to the datagram socket at address and reports whether
// the socket was full. It never waits; nobody listening is no error.
//
// It connects anew for each message, since systemd may have begun anew as well.
func transmit(address, message string) (full bool) {
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: address, Net: "unixgram"}) // maps a leading @ itself
	if err != nil {
		return false
	}
	defer conn.Close()
	raw, err := conn.SyscallConn()
	if err != nil {
		return false
	}
	_ = raw.Write(func(fd uintptr) (done bool) {
		_, err := syscall.Write(int(fd), []byte(message))
		full = err == syscall.EAGAIN
		return true // even then: a Write of package net would wait
	})
	return full
}

// monotonic returns the time that has passed by CLOCK_MONOTONIC, which package
// time does not tell.
func monotonic() time.Duration {
	var now unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &now) != nil {
		return 0
	}
	return time.Duration(now.Nano())
}
