package shutdown

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
)

// wordsNamed is how many components the last words of the process name.
const wordsNamed = 100

// lastWords names what has not ended, a line each, and prints the panics so far. It
// is asked for when the grace is used up.
func (m *Manager) lastWords() string {
	var text strings.Builder
	m.locked(func() { m.nameUnfinishedLocked(&text) })
	for _, p := range m.ledger.panics() {
		text.WriteString(p.crash())
	}
	go m.flushOnce() // ends with the process, if not before
	return text.String()
}

func (m *Manager) nameUnfinishedLocked(text *strings.Builder) {
	if m.state() == Stopped {
		return
	}
	left := wordsNamed
	name := func(how string, c component) {
		fmt.Fprintf(text, "shutdown: %s: %v\n", how, c.public())
		left--
	}
	for _, w := range m.waitingLocked() {
		if left > 0 {
			name("still running", w.component)
		}
	}
	for f := m.root.list.newest; f != nil && left > 0; f = f.older {
		name("not started", f.component())
	}
	if more := m.crowded() + m.root.list.len - wordsNamed; more > 0 {
		fmt.Fprintf(text, "shutdown: and %d more\n", more)
	}
}

// flushOnce calls Flush, unless that has been done.
func (m *Manager) flushOnce() {
	m.lock()
	flush := m.set.flush
	if m.flushed || flush == nil {
		m.mu.Unlock()
		return
	}
	m.flushed = true
	m.mu.Unlock()
	ctx, cancel := context.WithDeadline(context.Background(), m.clock.Budget().LastWords())
	defer cancel()
	protect(func() error { return flush(ctx) }, func(err error) {
		if err != nil && !cannotSync(err) {
			judge(err, nil, func(v verdict) { fmt.Fprintf(os.Stderr, "shutdown: Flush: %s\n", withoutPrefix(v.text)) })
		}
	})
}

// cannotSync reports whether err says that something cannot be synced at all: a
// terminal or a pipe, for which zap's Sync returns that.
func cannotSync(err error) (yes bool) {
	attempt(func() {
		yes = errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTTY) || errors.Is(err, syscall.ENOTSUP)
	})
	return yes
}
