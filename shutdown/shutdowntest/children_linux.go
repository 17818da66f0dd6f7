package shutdowntest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// descendants returns the processes that the program has started, directly or
// not, and that are alive: those that have its mark in their environment, in
// whatever group or session they are, and those of its group.
func (p *Process) descendants() (all []descendant) {
	directories, _ := filepath.Glob("/proc/[0-9]*") // the pattern is a good one
	for _, directory := range directories {
		pid, err := strconv.Atoi(filepath.Base(directory))
		if err != nil || pid == p.Pid() {
			continue
		}
		if alive, group := statOf(directory); alive && (p.marked(directory) || p.leads(group)) {
			all = append(all, descendant{pid, commandOf(directory)})
		}
	}
	return all
}

func (p *Process) leads(group int) bool { return leadsGroup(p.cmd) && group == p.Pid() }

// marked reports whether a process has the program's mark. That of another
// user's cannot be read; neither can that of one that is ending.
func (p *Process) marked(directory string) bool {
	environ, err := os.ReadFile(filepath.Join(directory, "environ"))
	return err == nil && bytes.Contains(environ, []byte(p.mark+"\x00"))
}

// statOf returns whether a process is alive, which who has ended and was not
// waited for is not, and its group.
func statOf(directory string) (alive bool, group int) {
	stat, err := os.ReadFile(filepath.Join(directory, "stat"))
	if err != nil {
		return false, 0
	}
	_, fields, _ := strings.Cut(string(stat[bytes.LastIndexByte(stat, ')')+1:]), " ") // its name may hold anything
	var state string
	var parent int
	_, err = fmt.Sscan(fields, &state, &parent, &group)
	return err == nil && state != "Z" && state != "X", group
}

func commandOf(directory string) string {
	line, _ := os.ReadFile(filepath.Join(directory, "cmdline"))
	return strings.TrimSpace(strings.ReplaceAll(string(line), "\x00", " "))
}

// A descendant is a process that has outlived the program.
type descendant struct {
	pid     int
	command string
}

func (d descendant) String() string { return fmt.Sprint(d.pid, " ", d.command) }
func (d descendant) kill()          { _ = syscall.Kill(d.pid, syscall.SIGKILL) }
