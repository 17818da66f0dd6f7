//go:build linux || darwin || freebsd

package guard

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown/guard/internal/aftermath"
)

// Open settles what dead processes have left in the directory dir, as [Settle]
// does, and returns a guard with a journal of its own there. It waits for another
// reader that is at it already. It makes dir, for the user alone, if there is
// none. A program, its next start and other programs may use the same directory at
// the same time.
//
// An error says that dir cannot be used or trusted; it is
// [errors.ErrUnsupported] on a platform without flock(2). That what others left
// could not be carried out is none: [Tell] says so. If the helper cannot be
// started, Open returns an error, and nothing is left.
func Open(dir string, opts ...Option) (*Guard, error) {
	o := optionsOf(opts)
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("guard: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("guard: %w", err)
	}
	if err := settle(dir, o); err != nil {
		return nil, err
	}
	self := aftermath.Self()
	self.Program, _ = os.Executable()
	name := strconv.Itoa(self.PID) + "-" + strconv.FormatInt(time.Now().UnixNano(), 36) + journalSuffix
	g := &Guard{path: filepath.Join(dir, name), owner: aftermath.AppendOwner(nil, self)}
	g.live = int64(len(g.owner))
	if g.journal, err = aftermath.Create(g.path, g.owner, o.sync); err != nil {
		return nil, fmt.Errorf("guard: %w", err)
	}
	if o.helper && self.PID != 1 {
		if g.helper, err = aftermath.StartHelper(program(self.Program), g.path); err != nil {
			return nil, errors.Join(fmt.Errorf("guard: %w", err), g.journal.Remove())
		}
	}
	return g, nil
}

// program is what to start as the helper. What /proc names is this very
// program, even if another one has taken its place in the file system.
func program(executable string) string {
	if runtime.GOOS == "linux" {
		return "/proc/self/exe"
	}
	return executable
}
