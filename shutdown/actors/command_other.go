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

func groupAlive(*exec.Cmd) bool { return false }

func terminated(error) bool { return false }
