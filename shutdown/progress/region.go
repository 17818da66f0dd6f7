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
	eraseLine = "\x1b[K" // from the cursor on
	eraseDown = "\x1b[J" // from the cursor on
)

// A line is drawn in a row of its own.
type line struct {
	text  string // with escape sequences for its colours
	width int    // in cells
}

// A region is what is drawn now. The cursor is at the beginning of the row
// below it.
type region struct{ lines []line }

// draw returns what replaces the region's lines by others, line by line, so
// that nothing is blank in between.
func (g *region) draw(lines []line, width int) string {
	if len(g.lines) == 0 && len(lines) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString(hold + g.home(width))
	for _, l := range lines {
		b.WriteString(l.text + eraseLine + "\r\n")
	}
	b.WriteString(eraseDown + release) // older lines, and the ^C that the terminal has echoed
	g.lines = lines
	return b.String()
}

// erase returns what makes room where the region is, or nothing if there is
// none.
func (g *region) erase(width int) string {
	if len(g.lines) == 0 {
		return ""
	}
	return g.home(width) + eraseDown
}

// home moves the cursor to the region's beginning. A terminal that has become
// narrower since has broken its lines, as most do.
func (g *region) home(width int) string {
	rows := 0
	for _, l := range g.lines {
		rows += max(1, (l.width+width-1)/width)
	}
	if rows == 0 {
		return "\r"
	}
	return "\r\x1b[" + strconv.Itoa(rows) + "A"
}
