package progress

import (
	"bytes"
	"io"
	"log"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/seed7e043c35/lastcall/shutdown"
)

const (
	// patience is how long a stop may take without anything being drawn.
	patience = 200 * time.Millisecond

	// interval is the time from one frame to the next.
	interval = 100 * time.Millisecond

	// farewell is how long the end of a stop waits for the lines to go away: a
	// terminal that was halted with Ctrl-S takes none.
	farewell = 100 * time.Millisecond
)

// A Display shows a stop in a few lines below the cursor of a terminal. As an
// [io.Writer] it puts other lines above them. Its methods may be called from
// any goroutine.
//
// Whatever else is written to the terminal, by the program, its libraries or its
// children, goes on where it would without the display, and is not lost. The
// terminal is told nothing that would have to be taken back: if the process is
// killed, the prompt comes where the output has ended, with what was drawn below
// it.
type Display struct {
	terminal *terminal // nil if there is nothing to draw on
	colour   bool

	mu     sync.Mutex // held while out is written to
	out    io.Writer
	region region
}

// Terminal returns a display on f. If f is not a terminal, or one that cannot
// do it (TERM=dumb, or a Windows console without escape sequences), the display
// draws nothing and only passes on what is written to it. With NO_COLOR in the
// environment it draws without colours.
func Terminal(f *os.File) *Display {
	return &Display{
		terminal: openTerminal(f),
		colour:   os.Getenv("NO_COLOR") == "", // see no-color.org
		out:      f,
	}
}

// Watch has the display show m's stop. It is to be called before m runs, once.
//
// If the display draws, what is logged by default goes through it: m gets a
// Logger for people if it has none (and neither Slog nor Quiet is set), and so
// does package log, and with it slog's default, if it writes to the display's
// file. A logger of the program's own may, and should if it says several lines
// at once: what is written past the display is never lost, but of the lines that
// come within a tenth of a second all but the first two may stand on what was
// drawn.
//
// The lines appear 200 ms after the stop began, are drawn ten times a second,
// and go away when it is over. If the terminal takes no output (Ctrl-S), the
// lines delay the end of the stop by 100 ms at most.
func (d *Display) Watch(m *shutdown.Manager) {
	if d.terminal == nil {
		return
	}
	if m.Logger == nil && m.Slog == nil && !m.Quiet && m.State() == shutdown.Idle {
		m.Logger = d.logger()
	}
	if log.Writer() == d.out {
		log.SetOutput(d)
	}
	w := &watcher{display: d, manager: m}
	m.Observe(w.event)
}

// logger is like the one that a manager has by default on a terminal.
func (d *Display) logger() *zerolog.Logger {
	console := zerolog.ConsoleWriter{
		Out: d, TimeFormat: "15:04:05.000", NoColor: !d.colour,
		FieldsExclude: []string{"stack"},
		FormatExtra: func(fields map[string]any, line *bytes.Buffer) error {
			if stack, ok := fields["stack"].(string); ok {
				line.WriteString("\n    " + strings.ReplaceAll(strings.TrimSpace(stack), "\n", "\n    "))
			}
			return nil
		},
	}
	logger := zerolog.New(console).Level(zerolog.InfoLevel)
	return &logger
}

// Write writes p to the terminal, above what is drawn there. It returns what
// writing to the file returns, and like that may block.
func (d *Display) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	lines := d.region.lines
	if len(lines) == 0 || len(p) == 0 {
		return d.out.Write(p)
	}
	above := d.region.erase()
	n, err := io.WriteString(d.out, above+string(p)+d.region.draw(lines))
	return min(max(n-len(above), 0), len(p)), err
}

// show replaces what is drawn; no lines at all leave nothing behind.
func (d *Display) show(lines []line) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if frame := d.region.draw(lines); frame != "" {
		_, _ = io.WriteString(d.out, frame) // a terminal that is gone needs no picture
	}
}

// A watcher follows one manager. There is a goroutine that draws only while
// that stops.
type watcher struct {
	display *Display
	manager *shutdown.Manager

	// only used by the manager's events, one after the other
	over    chan struct{} // closed when the stop is over; nil before it and after
	cleared chan struct{} // closed when nothing is drawn any more
}

// event goes by the state that every event carries, since some may be missed.
func (w *watcher) event(e shutdown.Event) {
	switch {
	case e.State > shutdown.Running && e.State < shutdown.Stopped && w.over == nil:
		w.over, w.cleared = make(chan struct{}), make(chan struct{})
		go w.draw(w.over, w.cleared) // ends with the stop
	case e.State == shutdown.Stopped && w.over != nil:
		close(w.over)
		w.over = nil
		select {
		case <-w.cleared:
		case <-time.After(farewell):
		}
	}
}

// draw draws one frame after the other until the stop is over.
func (w *watcher) draw(over <-chan struct{}, cleared chan<- struct{}) {
	defer close(cleared)
	defer w.display.show(nil)
	next := time.NewTimer(patience)
	defer next.Stop()
	for {
		select {
		case <-over:
			return
		case <-next.C:
		}
		w.frame()
		next.Reset(interval)
	}
}

func (w *watcher) frame() {
	width, height := w.display.terminal.size()
	if !w.display.terminal.foreground() {
		return // somebody else's prompt is on it
	}
	r := w.manager.Report()
	w.display.show(frame(r, hint(w.manager, r), width, height, w.display.colour))
}
