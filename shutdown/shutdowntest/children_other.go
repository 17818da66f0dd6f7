//go:build !linux

package shutdowntest

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// descendants returns the processes of the program's group that are alive, as
// ps lists them. Without ps there are none.
func (p *Process) descendants() []descendant {
	list, err := exec.Command("ps", "-A", "-o", "pid=,pgid=,stat=,command=").Output()
	if err != nil {
		return nil
	}
	return inGroup(string(list), p.Pid())
}

func (*Process) remember() {}

func (*Process) nameOutputs() {}

func inGroup(list string, leader int) (all []descendant) {
	for line := range strings.Lines(list) {
		var pid, group int
		var state string
		if _, err := fmt.Sscan(line, &pid, &group, &state); err != nil || group != leader || pid == leader || strings.HasPrefix(state, "Z") {
			continue
		}
		all = append(all, descendant{pid, strings.Join(strings.Fields(line)[3:], " ")})
	}
	return all
}

// A descendant is a process that has outlived the program.
type descendant struct {
	pid     int
	command string
}

func (d descendant) String() string { return fmt.Sprint(d.pid, " ", d.command) }

func (d descendant) kill() {
	if process, err := os.FindProcess(d.pid); err == nil {
		_ = process.Kill()
	}
}
