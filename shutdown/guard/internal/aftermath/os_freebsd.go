package aftermath

import "syscall"

const (
	sysOpenat   = syscall.SYS_OPENAT
	sysUnlinkat = syscall.SYS_UNLINKAT
	atCWD       = -100
	atRemoveDir = 0x800
)

// Marks tells whether a group can be found by its mark alone.
const Marks = false

// pause lets some time pass.
func pause() { _ = syscall.Select(0, nil, nil, nil, &syscall.Timeval{Usec: pauseMS * 1000}) }

func boot() string { return "" }

func namespace() string { return "" }

// When a process began is not asked here, so that no group is found again.
func started(int) string { return "" }

func anyAlive(int) bool { return true }

func (g group) find() int { return 0 }
