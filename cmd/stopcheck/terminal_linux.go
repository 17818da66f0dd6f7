package main

import (
	"fmt"
	"os"
	"syscall"
	"unsafe"
)

const canMakeTerminals = true

// newTerminal returns a new terminal: our end as the output that is read, and
// the end of the program.
func newTerminal() (*output, *os.File, error) {
	fd, err := syscall.Open("/dev/ptmx", syscall.O_RDWR|syscall.O_NOCTTY|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	screen := os.NewFile(uintptr(fd), "/dev/ptmx")
	var locked, n int32
	for request, value := range map[uintptr]*int32{syscall.TIOCSPTLCK: &locked, syscall.TIOCGPTN: &n} {
		if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), request, uintptr(unsafe.Pointer(value))); e != 0 {
			screen.Close()
			return nil, nil, e
		}
	}
	tty, err := os.OpenFile(fmt.Sprint("/dev/pts/", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		screen.Close()
		return nil, nil, err
	}
	return newOutput(screen, ""), tty, nil
}
