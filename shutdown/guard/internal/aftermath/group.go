//go:build linux || darwin || freebsd

package aftermath

import "syscall"

const (
	groupTime = 5_000 // ms from SIGTERM to SIGKILL: what Nomad and Fly.io give
	killTime  = 1_000 // ms for what was sent SIGKILL to be gone
	pauseMS   = 5     // between two looks at what is not ours to wait for
)

// MarkVariable is in the environment of a process group that was registered
// before it was started. Its children inherit it.
const MarkVariable = "LASTCALL_GUARD"

// A group is a process group as it was registered. Its number may be used again
// by strangers, so one of two things must be right as well: when its leader began,
// or the mark in the environment of one of its members.
type group struct {
	leader int // 0 if it had no number yet
	start  string
	mark   string
}

// end sends the group SIGTERM, and SIGKILL to what is left of it after its
// time. SIGCONT goes after SIGTERM: what is stopped could not act on it.
func (g group) end(owner Owner) error {
	here := Self()
	if owner.Boot != here.Boot || owner.Namespace != here.Namespace {
		return nil // it has ended with the machine, or with process 1 of its namespace
	}
	number := g.find()
	if number <= 1 || number == syscall.Getpgrp() {
		return nil
	}
	_ = syscall.Kill(-number, syscall.SIGTERM)
	_ = syscall.Kill(-number, syscall.SIGCONT)
	if groupEnds(number, groupTime) {
		return nil
	}
	_ = syscall.Kill(-number, syscall.SIGKILL)
	if groupEnds(number, killTime) {
		return nil
	}
	return failure{"end", "process group " + decimal(uint64(number)), text("SIGKILL did not end it")}
}

// groupEnds waits for the end of a group, and reports whether it has come.
func groupEnds(number, ms int) bool {
	for waited := 0; groupAlive(number); waited += pauseMS {
		if waited >= ms {
			return false
		}
		pause()
	}
	return true
}

// groupAlive reports whether somebody is left in a group who is not dead and
// merely not waited for.
func groupAlive(number int) bool {
	return syscall.Kill(-number, 0) != syscall.ESRCH && anyAlive(number)
}

// Started returns when the process with that number began, to be compared with
// nothing but another answer of Started. It is empty if there is none, if it is
// dead and merely not waited for, and where this cannot be found out.
func Started(pid int) string { return started(pid) }
