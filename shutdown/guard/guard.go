//go:build linux || darwin || freebsd

package guard

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown/guard/internal/aftermath"
)

// ErrClosed is returned by methods of a guard that was closed.
var ErrClosed = errors.New("guard: closed")

// A Guard keeps clean-ups in a journal, to be carried out also if the process
// dies. [Open] makes one. Its methods may be called from any goroutine.
type Guard struct {
	path   string
	owner  []byte // the first line of the journal
	helper int    // its number; 0 if there is none

	mu      sync.Mutex
	journal *aftermath.Journal // nil when closed
	closing bool
	newest  *Entry
	last    uint64
	live    int64  // bytes that the journal would have if it were compacted now
	buffer  []byte // of one line
}

// Register registers a clean-up. Call it before what is to be cleaned up is
// made. When it has returned, the clean-up will be carried out after the death of
// the process, until the entry is released. Then, newest first.
//
// It returns an error, and registers nothing, if c is refused, if the journal
// cannot be written, and after Close.
func (g *Guard) Register(c Cleanup) (*Entry, error) {
	e := &Entry{guard: g}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closing {
		return nil, ErrClosed
	}
	g.last++
	e.id = g.last
	if err := g.addLocked(e, c); err != nil {
		return nil, fmt.Errorf("guard: %w", err)
	}
	return e, nil
}

func (g *Guard) addLocked(e *Entry, c Cleanup) (err error) {
	if c.data == nil {
		return errNoCleanup
	}
	mark := func() string { return filepath.Base(g.path) + "/" + strconv.FormatUint(e.id, 10) }
	if e.cleanup, err = c.data(mark); err != nil {
		return err
	}
	if e.holds(filepath.Dir(g.path)) {
		return fmt.Errorf("%q would remove the journal", e.cleanup)
	}
	line := aftermath.AppendRegister(nil, aftermath.Entry{ID: e.id, Since: uint64(time.Now().Unix()), Cleanup: e.cleanup})
	if err := g.journal.Append(line); err != nil {
		return err
	}
	e.line, e.older = line, g.newest
	if g.newest != nil {
		g.newest.newer = e
	}
	g.newest = e
	g.live += int64(len(line))
	return nil
}

// holds reports whether e removes a tree that contains dir.
func (e *Entry) holds(dir string) bool {
	if e.cleanup.Verb != aftermath.RemoveAll {
		return false
	}
	below, ok := strings.CutPrefix(dir, e.cleanup.Args[0])
	return ok && (below == "" || below[0] == filepath.Separator)
}

// Remove registers [Remove] of path. See [Guard.Register].
func (g *Guard) Remove(path string) (*Entry, error) { return g.Register(Remove(path)) }

// RemoveAll registers [RemoveAll] of path. See [Guard.Register].
func (g *Guard) RemoveAll(path string) (*Entry, error) { return g.Register(RemoveAll(path)) }

// EndGroup registers [EndGroup] of cmd, which is best done before cmd is
// started. See [Guard.Register].
func (g *Guard) EndGroup(cmd *exec.Cmd) (*Entry, error) { return g.Register(EndGroup(cmd)) }

// Run registers [Run] of a command. See [Guard.Register].
func (g *Guard) Run(command string, args ...string) (*Entry, error) {
	return g.Register(Run(command, args...))
}
