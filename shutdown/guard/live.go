//go:build linux || darwin || freebsd

package guard

import "github.com/seed7e043c35/lastcall/shutdown/guard/internal/aftermath"

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
