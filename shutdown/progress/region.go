package progress

import (
	"strconv"
	"strings"
)

// What a terminal is told. The synchronized update (private mode 2026) makes
// those that know it show a frame at once; others ignore it, and have the frame
// in one write at least.
const (
	hold      = "\x1b[?2026h"
	release   = "\x1b[?2026l"
	eraseDown = "\x1b[J" // from the cursor on
	index     = "\x1bD"  // one row down in the same column; the last one scrolls
	save      = "\x1b7"  // where the cursor is
	restore   = "\x1b8"
)

// gap is how many rows above the region stay blank: room for what the program
// writes until the next frame.
const gap = 1

// A line is drawn in a row of its own.
type line struct {
	text  string // with escape sequences for its colours
	width int    // in cells
}

// A region is what is drawn now, below the cursor. The cursor stays where it
// was, in the middle of a line too: what anybody writes to the terminal, who
// need not know of the region, goes on there as if there were none, and the
// next frame is drawn below that. So a region never has to know how far the
// cursor has moved, nor how a terminal that has become narrower has broken its
// lines. There is no asking for either: the answer would come in the program's
// standard input.
type region struct{ lines []line }

// draw returns what replaces the region's lines by others.
func (g *region) draw(lines []line) string {
	erase := g.erase()
	g.lines = lines
	if len(lines) == 0 {
		return erase
	}
	rows := gap + len(lines)
	var b strings.Builder
	b.WriteString(hold + eraseDown)
	b.WriteString(strings.Repeat(index, rows) + "\x1b[" + strconv.Itoa(rows) + "A") // makes room below
	b.WriteString(save + strings.Repeat("\r\n", gap))
	for _, l := range lines {
		b.WriteString("\r\n" + l.text)
	}
	b.WriteString(restore + release)
	return b.String()
}

// erase returns what takes the region away, or nothing if there is none.
func (g *region) erase() string {
	if len(g.lines) == 0 {
		return ""
	}
	g.lines = nil
	return eraseDown
}
