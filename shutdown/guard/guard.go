//go:build linux || darwin || freebsd

package guard

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
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
	mark := filepath.Base(g.path) + "/" + strconv.FormatUint(e.id, 10)
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

// forget writes that e is released, and takes it off the list.
func (g *Guard) forget(e *Entry) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.journal == nil {
		return ErrClosed
	}
	g.buffer = aftermath.AppendRelease(g.buffer[:0], e.id)
	if err := g.journal.Append(g.buffer); err != nil {
		return err
	}
	if e.newer == nil {
		g.newest = e.older
	} else {
		e.newer.older = e.older
	}
	if e.older != nil {
		e.older.newer = e.newer
	}
	g.live -= int64(len(e.line))
	e.newer, e.older, e.line = nil, nil, nil
	g.compactLocked()
	return nil
}

// note writes why e could not be carried out, for whoever lists the journal.
func (g *Guard) note(e *Entry, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.journal != nil {
		_ = g.journal.Append(aftermath.AppendFailure(nil, e.id, err)) // the caller is told of err itself
	}
}

// compactAbove is the length in bytes below which no journal is compacted. A
// registration and its release take about 150, so it happens once in 1700 of them.
// Tests lower it.
var compactAbove int64 = 256 << 10

// compactLocked writes the journal anew when most of it has been released. If it
// cannot, the old one goes on.
func (g *Guard) compactLocked() {
	if size := g.journal.Size(); size < compactAbove || size < 4*g.live {
		return
	}
	content := append(make([]byte, 0, g.live), g.owner...)
	for _, e := range g.entriesLocked() {
		content = append(content, e.line...)
	}
	_ = g.journal.Replace(content)
}

// entriesLocked returns what is registered, oldest first.
func (g *Guard) entriesLocked() (entries []*Entry) {
	oldest := g.newest
	for oldest != nil && oldest.older != nil {
		oldest = oldest.older
	}
	for e := oldest; e != nil; e = e.newer {
		entries = append(entries, e)
	}
	return entries
}

// Close carries out what is still registered, newest first, waits for it, and
// removes the journal; the helper ends. What fails is returned, joined, and
// stays in the journal, for the helper or another reader to try again. From its
// beginning on nothing can be registered. A second call returns nil at once.
//
// Register it as the first finalizer, so that it comes last.
func (g *Guard) Close() error {
	g.mu.Lock()
	first := !g.closing
	g.closing = true
	entries := g.entriesLocked()
	g.mu.Unlock()
	if !first {
		return nil
	}
	var failed []error
	for i := len(entries) - 1; i >= 0; i-- {
		failed = append(failed, entries[i].Settle())
	}
	return errors.Join(append(failed, g.end())...)
}

// end gives the journal up: with what has failed in it, or not at all.
func (g *Guard) end() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	j := g.journal
	g.journal = nil
	if g.newest != nil {
		j.Close()
		return nil
	}
	if g.helper != 0 {
		aftermath.EndHelper(g.helper)
	}
	if err := j.Remove(); err != nil {
		return fmt.Errorf("guard: %w", err)
	}
	return nil
}

func carryOut(c aftermath.Cleanup) error { return c.CarryOut(int(os.Stderr.Fd())) }
