//go:build !unix && !windows

package actors

import (
	"os/exec"
	"syscall"
)

// These platforms start no processes.

func inOwnGroup(attr *syscall.SysProcAttr) *syscall.SysProcAttr { return attr }

func terminate(*exec.Cmd) {}

func kill(*exec.Cmd) {}

func resume(*exec.Cmd) {}

type group struct{ id int }

func (*group) alive() bool { return false }

func (*child) obeyed(error) bool { return false }

func terminalOf(*syscall.SysProcAttr) (giveBack func(group int)) { return func(int) {} }
