//go:build !unix && !windows

package shutdowntest

import (
	"os"
	"os/exec"
)

// These platforms start no processes.

func ownGroup(*exec.Cmd) {}

func send(*exec.Cmd, os.Signal) error { return errUnsendable }

func sendGroup(*exec.Cmd, os.Signal) error { return errUnsendable }

func terminate(*exec.Cmd) {}

func dump(*exec.Cmd) {}

func killGroup(*exec.Cmd) {}

func statusOfProcess(state *os.ProcessState) Status { return Status{Code: state.ExitCode()} }
