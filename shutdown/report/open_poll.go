//go:build unix || windows

package report

import "syscall"

// unwaiting is the flag with which opening a pipe that nobody reads fails at once.
const unwaiting = syscall.O_NONBLOCK
