package aftermath

import (
	"syscall"
	"unsafe"
)

const (
	sysOpenat   = 463 // <sys/syscall.h>
	sysUnlinkat = 472
	atCWD       = -2
	atRemoveDir = 0x80
)

// Marks tells whether a group can be found by its mark alone.
const Marks = false

// pause lets some time pass.
func pause() { _ = syscall.Select(0, nil, nil, nil, &syscall.Timeval{Usec: pauseMS * 1000}) }

func boot() string {
	id, _ := syscall.Sysctl("kern.bootsessionuuid")
	return id
}

func namespace() string { return "" }

// started asks sysctl(3) for KERN_PROC_PID: a struct kinfo_proc begins with the
// time at which the process began, and has its state at byte 36.
func started(pid int) string {
	const (
		ctlKern, kernProc, kernProcPID = 1, 14, 1
		stateAt, zombie                = 36, 5
	)
	mib := [4]int32{ctlKern, kernProc, kernProcPID, int32(pid)}
	var info [1024]byte
	size := uintptr(len(info))
	_, _, errno := syscall.Syscall6(syscall.SYS___SYSCTL, uintptr(unsafe.Pointer(&mib)), uintptr(len(mib)),
		uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0, 0)
	if errno != 0 || size <= stateAt || info[stateAt] == zombie {
		return ""
	}
	t := (*syscall.Timeval)(unsafe.Pointer(&info))
	return decimal(uint64(t.Sec)) + "." + decimal(uint64(t.Usec))
}

func anyAlive(int) bool { return true } // launchd waits for those without a parent

func (g group) find() int {
	if g.leader > 0 && g.start != "" && started(g.leader) == g.start {
		return g.leader
	}
	return 0
}
