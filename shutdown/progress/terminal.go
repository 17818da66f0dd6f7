package progress

import (
	"os"

	"github.com/mattn/go-isatty"
)

// The size of a terminal that does not know its own, as a serial line does not.
const (
	usualWidth  = 80
	usualHeight = 24
)

// A terminal answers what there is to know of one before each frame.
type terminal struct {
	measure    func() (width, height int) // in cells; zeros if unknown
	foreground func() bool                // it is this process's turn to use it
}

// openTerminal returns the terminal that f is, or nil if it is none on which
// lines can be drawn.
func openTerminal(f *os.File) *terminal {
	if os.Getenv("TERM") == "dumb" || !isatty.IsTerminal(f.Fd()) || !understands(f) {
		return nil
	}
	return &terminal{
		measure:    func() (width, height int) { return measure(f) },
		foreground: func() bool { return foreground(f) },
	}
}

func (t *terminal) size() (width, height int) {
	width, height = t.measure()
	if width <= 0 {
		width = usualWidth
	}
	if height <= 0 {
		height = usualHeight
	}
	return width, height
}
