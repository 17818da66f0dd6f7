//go:build linux || darwin || freebsd

package guard

import (
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"syscall"

	"github.com/seed7e043c35/lastcall/shutdown/guard/internal/aftermath"
)

func group(cmd *exec.Cmd, mark func() string) (aftermath.Cleanup, error) {
	if cmd.Process != nil {
		return startedGroup(cmd)
	}
	if !aftermath.Marks {
		return aftermath.Cleanup{}, fmt.Errorf("EndGroup %q before it is started: %w", cmd.Path, errors.ErrUnsupported)
	}
	attr := syscall.SysProcAttr{}
	if cmd.SysProcAttr != nil {
		attr = *cmd.SysProcAttr
	}
	if attr.Pgid != 0 {
		return aftermath.Cleanup{}, fmt.Errorf("EndGroup %q: it would join the group of another", cmd.Path)
	}
	attr.Setpgid = !attr.Setsid
	m := mark()
	cmd.SysProcAttr = &attr
	cmd.Env = append(cmd.Environ(), aftermath.MarkVariable+"="+m)
	return groupData(0, "", m), nil
}

// startedGroup is that of a child that has been started, which also bears the
// mark if it was registered before that.
func startedGroup(cmd *exec.Cmd) (aftermath.Cleanup, error) {
	pid := cmd.Process.Pid
	if pgid, err := syscall.Getpgid(pid); err != nil {
		return aftermath.Cleanup{}, fmt.Errorf("EndGroup %q: %w", cmd.Path, err)
	} else if pgid != pid {
		return aftermath.Cleanup{}, fmt.Errorf("EndGroup %q: it is not in a group of its own: set SysProcAttr.Setpgid", cmd.Path)
	}
	start := aftermath.Started(pid)
	if start == "" {
		return aftermath.Cleanup{}, fmt.Errorf("EndGroup %q: when it began cannot be found out: %w", cmd.Path, errors.ErrUnsupported)
	}
	mark := ""
	for _, v := range cmd.Env {
		if m, ok := strings.CutPrefix(v, aftermath.MarkVariable+"="); ok {
			mark = m // the last one counts
		}
	}
	return groupData(pid, start, mark), nil
}

func groupData(pid int, start, mark string) aftermath.Cleanup {
	return aftermath.Cleanup{Verb: aftermath.EndGroup, Args: []string{strconv.Itoa(pid), start, mark}}
}

// isRoot reports whether a file system begins at path.
func isRoot(path string) bool {
	if path == "/" {
		return true
	}
	var own, around syscall.Stat_t
	return syscall.Lstat(path, &own) == nil && // mostly it is not there yet
		syscall.Lstat(parent(path), &around) == nil && own.Dev != around.Dev &&
		own.Mode&syscall.S_IFMT == syscall.S_IFDIR
}

// parent is path with /.. after it, but for a directory that is a link.
func parent(path string) string { return path + "/.." }
