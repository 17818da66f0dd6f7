package shutdown

import (
	"fmt"
	"strings"
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
