package guard

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"github.com/seed7e043c35/lastcall/shutdown/guard/internal/aftermath"
)

// A Cleanup is something to do when the process has died. [Remove],
// [RemoveAll], [EndGroup] and [Run] make one; [Guard.Register] and [Finally]
// register it. What is wrong with it is said there. The zero Cleanup is an error.
type Cleanup struct {
	data func(mark func() string) (aftermath.Cleanup, error) // mark is unique to the registration
}

// Remove removes a file or an empty directory, as [os.Remove] does. That it is
// gone already is success. Path must be absolute.
func Remove(path string) Cleanup { return removal(aftermath.Remove, path) }

// RemoveAll removes a file, or a directory with all that is in it, as
// [os.RemoveAll] does: it follows no link. It enters no other file system. That
// nothing is there is success. Path must be absolute, and not the root of a file
// system.
func RemoveAll(path string) Cleanup { return removal(aftermath.RemoveAll, path) }

func removal(verb aftermath.Verb, path string) Cleanup {
	return Cleanup{func(func() string) (aftermath.Cleanup, error) {
		if !filepath.IsAbs(path) {
			return refused(verb, path, "want an absolute path")
		}
		clean := filepath.Clean(path)
		if isRoot(clean) {
			return refused(verb, path, "it is the root of a file system")
		}
		c := aftermath.Cleanup{Verb: verb, Args: []string{clean}}
		if !c.Valid() {
			return refused(verb, path, "it is no path")
		}
		return c, nil
	}}
}

func refused(verb aftermath.Verb, path, why string) (aftermath.Cleanup, error) {
	return aftermath.Cleanup{}, fmt.Errorf("%s %q: %s", verb, path, why)
}

// EndGroup ends the process group of cmd: SIGTERM, and SIGKILL to what is left
// of it after five seconds. That nobody is left is success. It panics if cmd is
// nil.
//
// Register it before cmd is started: there is no moment then in which a kill -9
// leaves the child alone. Registering has cmd start in a group of its own, and
// puts a mark, the variable LASTCALL_GUARD, into its environment; the group is
// that of the oldest process that bears it. A program that writes over its
// environment to change its title (PostgreSQL and nginx do) hides the mark:
// register such a one after its start. It is then known by its number and the time at
// which it began, so that a number that is used again harms nobody; if it has
// ended, what it leaves behind in its group is known by the mark alone.
//
// Where processes cannot be found by a mark (macOS), cmd must have been started,
// in a group of its own.
//
// A group that belongs to another PID namespace, or to the machine before its
// last start, counts as gone.
func EndGroup(cmd *exec.Cmd) Cleanup {
	if cmd == nil {
		panic("guard: EndGroup: nil command")
	}
	return Cleanup{func(mark func() string) (aftermath.Cleanup, error) { return group(cmd, mark) }}
}

// Run runs a command, found as [exec.LookPath] does, in the directory in which
// the program is now, with the environment of the reader, without input, and for
// at most 30 seconds. It has to do no harm if it is run twice. Any status but 0 is
// a failure. What it writes goes to the reader's standard error, and nowhere if
// the reader is the helper.
func Run(command string, args ...string) Cleanup {
	return Cleanup{func(func() string) (aftermath.Cleanup, error) {
		path, err := exec.LookPath(command)
		if err == nil {
			path, err = filepath.Abs(path)
		}
		if err != nil {
			return aftermath.Cleanup{}, err
		}
		dir, err := os.Getwd()
		if err != nil {
			return aftermath.Cleanup{}, err
		}
		return aftermath.Cleanup{Verb: aftermath.Run, Args: slices.Concat([]string{dir, path, command}, args)}, nil
	}}
}

var errNoCleanup = errors.New("the zero Cleanup does nothing")
