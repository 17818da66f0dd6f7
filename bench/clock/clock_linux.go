package clock

import (
	"time"

	"golang.org/x/sys/unix"
)

// CPU returns the CPU time of this process so far: of all its threads, in the
// kernel and outside of it.
func CPU() time.Duration { return read(unix.CLOCK_PROCESS_CPUTIME_ID) }

// Of returns the CPU time so far of the process pid, or 0 if there is none.
func Of(pid int) time.Duration {
	const scheduler = 2 // its clock, of the three that a process has
	return read(^int32(pid)<<3 | scheduler)
}

func read(clock int32) time.Duration {
	var now unix.Timespec
	if err := unix.ClockGettime(clock, &now); err != nil {
		return 0
	}
	return time.Duration(now.Nano())
}
