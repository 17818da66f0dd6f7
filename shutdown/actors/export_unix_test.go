//go:build unix

package actors

import "os/exec"

// GroupAlive reports whether somebody of the group of cmd is alive.
func GroupAlive(cmd *exec.Cmd) bool { return (&group{id: cmd.Process.Pid}).alive() }
