package actors

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
)

// dead reports whether all that is left of the group are zombies: processes
// that have ended and that nobody has waited for. Where /proc does not show the
// group, nobody knows, and it is taken for alive.
//
// One member that is alive answers for all, so that not every look is at every
// process of the machine.
func (g *group) dead() bool {
	if g.member != 0 && stateIn(g.id, g.member) == living {
		return false
	}
	proc, err := os.Open("/proc")
	if err != nil {
		return false
	}
	defer proc.Close()
	names, _ := proc.Readdirnames(-1)
	zombies := 0
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		switch stateIn(g.id, pid) {
		case living:
			g.member = pid
			return false
		case zombie:
			zombies++
		}
	}
	return zombies > 0
}

// A processState is what a process is to a group.
type processState int

const (
	stranger processState = iota
	living
	zombie
)

// stateIn reads what the process is to the group. The name, in the second
// field of stat, may contain anything; the state, the group and the number of
// threads are the first, the third and the eighteenth after it (proc(5)). One
// whose first thread has ended looks like a zombie while others go on.
func stateIn(group, pid int) processState {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return stranger
	}
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	switch {
	case len(fields) < 18 || string(fields[2]) != strconv.Itoa(group):
		return stranger
	case string(fields[0]) == "X" || string(fields[0]) == "Z" && len(fields[17]) == 1 && fields[17][0] <= '1':
		return zombie
	}
	return living
}
