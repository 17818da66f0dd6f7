package progress

import (
	"io"
	"os"
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

// A Display shows a stop in a few lines at the bottom of a terminal. As an
// [io.Writer] it puts other lines above them. Its methods may be called from
// any goroutine.
//
// The cursor stays below the last line, where a prompt belongs. However the
// process ends, it leaves the terminal as it should be.
type Display struct {
	terminal *terminal // nil if there is nothing to draw on
	colour   bool

	mu     sync.Mutex // held while out is written to
	out    io.Writer
	region region
	torn   bool // the last line written to out has not ended yet
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
// If the display draws and m has no Logger, m gets one for people that writes
// through the display; if it has one, that should write through the display
// itself.
//
// The lines appear 200 ms after the stop began, are drawn ten times a second,
// and go away when it is over. If the terminal takes no output (Ctrl-S), the
// lines delay the end of the stop by 100 ms at most.
func (d *Display) Watch(m *shutdown.Manager) {
	if d.terminal == nil {
		return
	}
	if m.Logger == nil && m.State() == shutdown.Idle {
		m.Logger = d.logger()
	}
	w := &watcher{display: d, manager: m}
	m.Observe(w.event)
}

// logger is like the one that a manager has by default.
func (d *Display) logger() *zerolog.Logger {
	console := zerolog.ConsoleWriter{Out: d, TimeFormat: time.TimeOnly, NoColor: !d.colour}
	logger := zerolog.New(console).Level(zerolog.InfoLevel)
	return &logger
}

// Write writes p to the terminal, above what is drawn there. It returns what
// writing to the file returns, and like that may block. While a line has not
// ended, nothing is drawn.
func (d *Display) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(p) == 0 {
		return 0, nil
	}
	d.torn = p[len(p)-1] != '\n'
	above := d.region.erase(d.width())
	if above == "" {
		return d.out.Write(p)
	}
	lines := d.region.lines
	d.region = region{}
	var below string
	if !d.torn {
		below = d.region.draw(lines, d.width())
	}
	n, err := io.WriteString(d.out, above+string(p)+below)
	return min(max(n-len(above), 0), len(p)), err
}

// show replaces what is drawn; no lines at all leave nothing behind.
func (d *Display) show(lines []line) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.torn {
		return
	}
	if frame := d.region.draw(lines, d.width()); frame != "" {
		_, _ = io.WriteString(d.out, frame) // a terminal that is gone needs no picture
	}
}

func (d *Display) width() int {
	if d.terminal == nil {
		return 0
	}
	width, _ := d.terminal.size()
	return width
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
