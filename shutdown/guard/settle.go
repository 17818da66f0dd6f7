//go:build linux || darwin || freebsd

package guard

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown/guard/internal/aftermath"
)

const journalSuffix = ".journal"

// Settle carries out what dead processes have left in the directory dir:
// journal by journal, each newest first. It waits for another reader that is at
// it already, and leaves the journals of those who live alone. It returns when
// all was tried.
//
// It returns everything that failed, joined, after [Tell] was told of each; what
// failed is still there for the next reader. A directory that is not there is
// [fs.ErrNotExist]; one that others may write to is an error, and nothing is done.
func Settle(dir string, opts ...Option) error {
	o := optionsOf(opts)
	var failed []error
	tell := o.tell
	o.tell = func(out Outcome) {
		tell(out)
		if out.Err != nil {
			failed = append(failed, out.Err)
		}
	}
	if err := settle(dir, o); err != nil {
		return err
	}
	return errors.Join(failed...)
}

func settle(dir string, o options) error {
	paths, err := journals(dir)
	if err != nil {
		return err
	}
	r := aftermath.Reader{Output: int(os.Stderr.Fd()), Told: func(out aftermath.Outcome) {
		o.tell(Outcome{out.Journal, out.Entry.Cleanup.String(), time.Unix(int64(out.Entry.Since), 0), out.Err})
	}}
	for _, path := range paths {
		do := r.Settle
		if strings.HasSuffix(path, aftermath.NewSuffix) {
			do = aftermath.Sweep
		}
		if err := do(path); err != nil {
			o.tell(Outcome{Journal: path, Err: err})
		}
	}
	return nil
}

// journals returns the paths of the journals in dir, the latest first, and of
// those that were never put in their place.
func journals(dir string) (paths []string, err error) {
	if dir, err = filepath.Abs(dir); err == nil {
		err = aftermath.Trusted(dir)
	}
	if err != nil {
		return nil, fmt.Errorf("guard: %w", err)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("guard: %w", err)
	}
	slices.SortFunc(files, func(a, b fs.DirEntry) int { return changed(b).Compare(changed(a)) })
	for _, f := range files {
		if strings.HasSuffix(strings.TrimSuffix(f.Name(), aftermath.NewSuffix), journalSuffix) {
			paths = append(paths, filepath.Join(dir, f.Name()))
		}
	}
	return paths, nil
}

func changed(f fs.DirEntry) time.Time {
	info, err := f.Info()
	if err != nil {
		return time.Time{} // gone meanwhile
	}
	return info.ModTime()
}

// List returns what is in the journals of the directory dir, the latest first,
// and changes nothing.
func List(dir string) ([]Journal, error) {
	paths, err := journals(dir)
	if err != nil {
		return nil, err
	}
	var all []Journal
	for _, path := range paths {
		if strings.HasSuffix(path, aftermath.NewSuffix) {
			continue
		}
		all = append(all, list(path))
	}
	return all, nil
}

func list(path string) Journal {
	c, lives, err := aftermath.Peek(path)
	j := Journal{Path: path, Program: c.Owner.Program, PID: c.Owner.PID, Alive: lives, Err: err}
	for i := len(c.Pending) - 1; i >= 0; i-- {
		e := c.Pending[i]
		j.Cleanups = append(j.Cleanups, Left{e.Cleanup.String(), time.Unix(int64(e.Since), 0), e.Failure})
	}
	return j
}
