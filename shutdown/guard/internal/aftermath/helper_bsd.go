//go:build darwin || freebsd

package aftermath

import (
	"syscall"
	"unsafe"
)

// ignore has sig ignored. Package os/signal would do it, but imports time.
func ignore(sig syscall.Signal) {
	const sigIgn = 1
	action := [6]uintptr{sigIgn} // the handler is the first member of the struct
	_, _, _ = syscall.RawSyscall(syscall.SYS_SIGACTION, uintptr(sig), uintptr(unsafe.Pointer(&action)), 0)
}

// closeFrom closes what the program has inherited, or opened without
// O_CLOEXEC.
func closeFrom(first int) {
	const enough = 1 << 16 // the limit may be "infinity"
	for fd := range min(syscall.Getdtablesize(), enough) {
		if fd >= first {
			_ = syscall.Close(fd)
		}
	}
}

func rename(string) {} // it has a name
