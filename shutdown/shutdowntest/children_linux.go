package shutdowntest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// descendants returns the processes that the program has started, directly or
// not, and that are alive: those that have its mark in their environment, in
// whatever group or session they are, those of its group, those that hold what
// it prints to, those that are known, and what all these have started.
func (p *Process) descendants() (all []descendant) {
	for _, one := range p.family(p.started) {
		all = append(all, descendant{one.pid, commandOf(one.directory())})
	}
	return all
}

// remember takes notice of what the program has started by now: when it is gone,
// who writes over his environment could not be told from others.
func (p *Process) remember() { p.family(p.isKnown) }

// family returns the processes that belong to the program, with all that those
// have started.
func (p *Process) family(belongs func(process) bool) (family []process) {
	processes := listProcesses()
	ours := map[int]bool{p.Pid(): !isClosed(p.gone)} // later somebody else may have its number
	for first, grown := true, true; grown; first = false {
		grown = false
		for _, one := range processes {
			if ours[one.pid] || one.pid == p.Pid() || !ours[one.parent] && !(first && belongs(one)) { // which takes a look at it
				continue
			}
			ours[one.pid], grown = true, true
			p.known.Store(one.identity(), true)
			family = append(family, one)
		}
	}
	return family
}

func (p *Process) isKnown(one process) bool {
	_, known := p.known.Load(one.identity())
	return known
}

// started reports whether it can be seen of a process itself that the program
// has started it.
func (p *Process) started(one process) bool {
	return p.isKnown(one) || leadsGroup(p.cmd) && one.group == p.Pid() || p.marked(one.directory()) || p.holdsOutput(one.directory())
}

// marked reports whether a process has the program's mark. That of another
// user's cannot be read; neither can that of one that is ending, and some write
// over it.
func (p *Process) marked(directory string) bool {
	environ, err := os.ReadFile(filepath.Join(directory, "environ"))
	return err == nil && bytes.Contains(environ, []byte(p.mark+"\x00"))
}

// holdsOutput reports whether a process has a pipe of ours, which it can have from
// the program only, as its standard output or error.
func (p *Process) holdsOutput(directory string) bool {
	for _, fd := range []string{"1", "2"} {
		held, err := os.Readlink(filepath.Join(directory, "fd", fd))
		if err == nil && slices.Contains(p.outputs, held) {
			return true
		}
	}
	return false
}

// nameOutputs notes what the program's pipes are called. The name of a terminal
// would be another's as soon as it is closed.
func (p *Process) nameOutputs() {
	for _, f := range p.printed.theirs {
		name, err := os.Readlink(fmt.Sprint("/proc/self/fd/", f.Fd()))
		if err == nil && strings.HasPrefix(name, "pipe:") {
			p.outputs = append(p.outputs, name)
		}
	}
}

// A process is one that is alive.
type process struct {
	pid, parent, group int
	began              string
}

// identity is never that of another process.
func (one process) identity() string { return fmt.Sprint(one.pid, " ", one.began) }

func (one process) directory() string { return fmt.Sprint("/proc/", one.pid) }

// listProcesses returns those that are alive. One that is gone before it has been
// looked at may have started another, which was not listed: then it looks again.
func listProcesses() (all []process) {
	for range 3 {
		var complete bool
		if all, complete = listOnce(); complete {
			break
		}
	}
	return all
}

func listOnce() (all []process, complete bool) {
	directories, _ := filepath.Glob("/proc/[0-9]*") // the pattern is a good one
	complete = true
	for _, directory := range directories {
		stat, err := os.ReadFile(filepath.Join(directory, "stat"))
		if err != nil {
			complete = false
			continue
		}
		pid, _ := strconv.Atoi(filepath.Base(directory))
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:])) // its name may hold anything
		if len(fields) < 20 || fields[0] == "Z" || fields[0] == "X" {             // has ended, and was not waited for
			continue
		}
		parent, _ := strconv.Atoi(fields[1])
		group, _ := strconv.Atoi(fields[2])
		all = append(all, process{pid, parent, group, fields[19]})
	}
	return all, complete
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
