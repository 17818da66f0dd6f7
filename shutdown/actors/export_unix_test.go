//go:build unix

package actors

import "os/exec"

// GroupAlive reports whether somebody of the group of cmd is alive.
func GroupAlive(cmd *exec.Cmd) bool { return (&group{id: cmd.Process.Pid}).alive() }

// EndsInTime reports whether a child that has ended when its time is up has
// ended in time.
func EndsInTime() bool {
	c := &child{exited: make(chan error, 1)}
	c.exited <- nil
	timeUp := make(chan struct{})
	close(timeUp)
	_, ended := c.endsBefore(timeUp)
	return ended
}
