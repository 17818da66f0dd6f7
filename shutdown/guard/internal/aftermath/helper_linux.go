package aftermath

import (
	"syscall"
	"unsafe"
)

// ignore has sig ignored. Package os/signal would do it, but imports time.
func ignore(sig syscall.Signal) {
	const sigIgn = 1
	action := [8]uintptr{sigIgn} // struct sigaction: the handler is first, or on MIPS second
	if mips {
		action = [8]uintptr{0, sigIgn}
	}
	_, _, _ = syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, uintptr(sig), uintptr(unsafe.Pointer(&action)), 0, sigsetSize, 0, 0)
}

// closeFrom closes what the program has inherited, or opened without
// O_CLOEXEC.
func closeFrom(first int) {
	const sysCloseRange = 436 // close_range(2), of Linux 5.9; on MIPS no such number
	if _, _, errno := syscall.RawSyscall(sysCloseRange, uintptr(first), 1<<31-1, 0); errno == 0 {
		return
	}
	closeEach(first)
}

func closeEach(first int) {
	fd, err := open("/proc/self/fd", syscall.O_RDONLY|syscall.O_DIRECTORY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	buffer := make([]byte, 8192)
	var open []int
	for {
		n, err := again(func() (int, error) { return syscall.ReadDirent(fd, buffer) })
		if err != nil || n <= 0 {
			break
		}
		_, _, names := syscall.ParseDirent(buffer[:n], -1, nil)
		for _, name := range names {
			if n, ok := number(name); ok && int(n) >= first {
				open = append(open, int(n))
			}
		}
	}
	for _, fd := range open {
		_ = syscall.Close(fd)
	}
}

// rename is for ps, which would show "exe": the program is started as
// /proc/self/exe. The main goroutine is on the main thread in an init function.
func rename(name string) {
	const prSetName = 15
	b := append([]byte(name), 0)
	_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, prSetName, uintptr(unsafe.Pointer(&b[0])), 0)
}
