//go:build unix

package actors

import "os/exec"

// GroupAlive reports whether somebody of the group of cmd is alive.
func GroupAlive(cmd *exec.Cmd) bool { return (&group{id: cmd.Process.Pid}).alive() }

// ErrCut is in the error of a child that had to be cut short.
var ErrCut = errCut
