package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const canSeeProcesses = true

// adoptOrphans makes us the parent of whatever a program leaves behind:
// prctl(2), PR_SET_CHILD_SUBREAPER.
func adoptOrphans() {
	const setChildSubreaper = 36
	_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, setChildSubreaper, 1, 0)
}

// A process is what /proc/PID/stat says of one.
type process struct {
	pid, parent, group, session int
	name, state                 string
	ticks                       int    // of processor time, 100 a second
	began                       string // with the pid, this is one process for good
}

// A tree finds the processes of one start of a program: its session, all that
// descend from it, also those that have left it, by a mark in the environment.
type tree struct {
	root  int
	mark  string
	known map[string]bool // pid and beginning of each that was found
}

func newTree(root int, mark string) *tree {
	return &tree{root: root, mark: mark, known: map[string]bool{}}
}

// alive returns the processes of the tree that have not ended.
func (t *tree) alive() []process {
	all := processes()
	ours := map[int]bool{}
	for grown := true; grown; { // until nobody's child is added any more
		grown = false
		for _, p := range all {
			if !ours[p.pid] && (ours[p.parent] || t.has(p)) {
				ours[p.pid], t.known[p.key()], grown = true, true, true
			}
		}
	}
	var alive []process
	for _, p := range all {
		if ours[p.pid] && p.state != "Z" && p.state != "X" {
			alive = append(alive, p)
		}
	}
	return alive
}

func (t *tree) has(p process) bool {
	return p.pid == t.root || p.session == t.root || p.group == t.root || t.known[p.key()] ||
		p.parent == os.Getpid() && p.marked(t.mark)
}

func (p process) key() string { return fmt.Sprint(p.pid, "@", p.began) }

// marked says whether a process was started with the mark. Some write over
// their environment; then only their descent tells.
func (p process) marked(mark string) bool {
	env, _ := os.ReadFile(fmt.Sprintf("/proc/%d/environ", p.pid))
	return bytes.Contains(append([]byte{0}, env...), []byte("\x00"+mark+"\x00")) // whole: 1 is no part of 10
}

// reap takes notice of the end of orphans that we have adopted.
func (t *tree) reap() {
	for _, p := range processes() {
		if p.state == "Z" && p.parent == os.Getpid() && p.pid != t.root && t.has(p) {
			_, _ = syscall.Wait4(p.pid, nil, syscall.WNOHANG, nil)
		}
	}
}

// busy returns the processor time that the processes have used.
func busy(all []process) time.Duration {
	var ticks int
	for _, p := range all {
		ticks += p.ticks
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// ran returns how long the threads of the tree have run, to the nanosecond,
// and how long they have waited for a processor. A kernel without schedstat
// says nothing; then it is the time in ticks.
func (t *tree) ran() (ran, waited time.Duration) {
	all := t.alive()
	for _, p := range all {
		paths, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", p.pid))
		for _, path := range paths {
			var run, wait int64
			text, _ := os.ReadFile(path)
			_, _ = fmt.Sscan(string(text), &run, &wait)
			ran, waited = ran+time.Duration(run), waited+time.Duration(wait)
		}
	}
	if ran == 0 {
		return busy(all), 0
	}
	return ran, waited
}

func processes() []process {
	paths, _ := filepath.Glob("/proc/[0-9]*") // not with /stat behind it: that would list each of these, too
	all := make([]process, 0, len(paths))
	for _, path := range paths {
		if text, err := os.ReadFile(path + "/stat"); err == nil {
			if p, ok := parseStat(string(text)); ok {
				all = append(all, p)
			}
		}
	}
	return all
}

// parseStat reads a line of proc_pid_stat(5). The name may hold spaces and
// parentheses.
func parseStat(line string) (process, bool) {
	open, end := strings.IndexByte(line, '('), strings.LastIndexByte(line, ')')
	if open < 0 || end < open {
		return process{}, false
	}
	f := strings.Fields(line[end+1:])
	if len(f) < 20 {
		return process{}, false
	}
	number := func(s string) int { n, _ := strconv.Atoi(s); return n }
	return process{
		pid: number(strings.TrimSpace(line[:open])), name: line[open+1 : end], state: f[0],
		parent: number(f[1]), group: number(f[2]), session: number(f[3]),
		ticks: number(f[11]) + number(f[12]), began: f[19],
	}, true
}
