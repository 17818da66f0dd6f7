//go:build linux || darwin || freebsd

package guard

import (
	"errors"
	"fmt"
	"os"

	"github.com/seed7e043c35/lastcall/shutdown/guard/internal/aftermath"
)

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
