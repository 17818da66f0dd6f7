package progress

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/internal/cells"
	"github.com/seed7e043c35/lastcall/signals"
)

const (
	maxNamed = 6  // who is named, of those who are waited for
	barCells = 28 // how wide the bar for the time is
	minBar   = 6  // a shorter one says nothing
	maxName  = 32 // cells
	slow     = time.Second
)

// Select Graphic Rendition, as terminals call their colours.
const (
	plain  = "0"
	bold   = "1"
	dim    = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
)

// frame returns what to show of r. No line is wider than width - 1, since a
// terminal behaves in strange ways when its last column is written to, and
// there are fewer lines than height, since the cursor needs a row as well, and
// so does the gap.
func frame(r shutdown.Report, hint string, width, height int, colour bool) []line {
	f := &painter{width: width - 1, colour: colour}
	f.time(r)
	shown := min(len(r.Waiting), maxNamed, height-4-gap)
	f.waiting(r, max(shown, 0))
	f.counts(r, hint)
	return f.lines[:min(len(f.lines), max(height-1-gap, 0))]
}

// hint says what the next Ctrl-C does; nothing if m does not listen to it.
func hint(m *shutdown.Manager, r shutdown.Report) string {
	if m.Signals != nil && !slices.Contains(m.Signals, os.Interrupt) {
		return ""
	}
	var sig *signals.Error
	switch {
	case r.State == shutdown.Draining:
		return "press Ctrl-C to end the drain"
	case r.Forced, errors.As(r.Cause, &sig) && sig.Signal == os.Interrupt:
		return "press Ctrl-C again to exit now"
	}
	return "press Ctrl-C to exit now"
}

// A painter collects lines.
type painter struct {
	width  int
	colour bool
	lines  []line
}

func (f *painter) begin() { f.lines = append(f.lines, line{}) }

// left is how many cells of the present line are free.
func (f *painter) left() int { return f.width - f.lines[len(f.lines)-1].width }

// add adds s, or what there is room for, to the present line.
func (f *painter) add(style, s string) {
	l := &f.lines[len(f.lines)-1]
	s = cells.Cut(s, max(f.left(), 0))
	l.width += cells.Width(s)
	if f.colour && style != plain && s != "" {
		s = "\x1b[" + style + "m" + s + "\x1b[0m"
	}
	l.text += s
}

// time is the first line: the state, and the time used and left.
func (f *painter) time(r shutdown.Report) {
	f.begin()
	state := r.State.String()
	if r.Forced {
		state += " at once"
	}
	f.add(bold, state)
	f.add(plain, fmt.Sprintf("  %s of %s", tenths(r.Took), r.Grace.Round(100*time.Millisecond)))
	left := fmt.Sprintf("  %s left", tenths(max(0, r.Grace-r.Took)))
	if n := min(barCells, f.left()-len(left)-2); n >= minBar && r.Grace > 0 {
		f.add(plain, "  ")
		f.bar(min(float64(r.Took)/float64(r.Grace), 1), n)
	}
	f.add(plain, left)
}

// bar is n cells wide, of which share is used.
func (f *painter) bar(share float64, n int) {
	style := green
	if share >= 1.0/3 {
		style = yellow
	}
	if share >= 2.0/3 {
		style = red
	}
	halves := int(share * float64(2*n))
	used := strings.Repeat("━", halves/2) + strings.Repeat("╸", halves%2)
	f.add(style, used)
	f.add(dim, strings.Repeat("─", n-cells.Width(used)))
}

// waiting names the first n of those that are waited for, in columns.
func (f *painter) waiting(r shutdown.Report, n int) {
	all := slices.SortedStableFunc(slices.Values(r.Waiting), inOrder)
	name := 0
	for _, o := range all[:n] {
		name = max(name, cells.Width(shortName(o)))
	}
	for _, o := range all[:n] {
		f.begin()
		f.add(dim, fmt.Sprintf("  %-9s  ", o.Kind))
		f.add(plain, cells.Pad(shortName(o), name))
		f.add(urgency(o.Took), fmt.Sprintf("  %6s", tenths(o.Took)))
		if o.Site != "" {
			f.add(dim, "  "+shortSite(o.Site))
		}
	}
	if more := len(all) - n; more > 0 && n > 0 {
		f.begin()
		f.add(dim, fmt.Sprintf("  and %d more", more))
	}
}

// inOrder puts what is on the list, the one that runs now first, before actors
// and holds, which have been left behind if there is any of the former. The
// order is the same in every frame.
func inOrder(a, b shutdown.Outcome) int {
	switch {
	case listed(a) && !listed(b):
		return -1
	case !listed(a) && listed(b):
		return 1
	case listed(a):
		return cmp.Compare(b.Began, a.Began)
	}
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
}

// listed reports whether o has its turn on the list of finalizers.
func listed(o shutdown.Outcome) bool {
	return o.Kind == shutdown.KindFinalizer || o.Kind == shutdown.KindResource || o.Kind == shutdown.KindService
}

func shortName(o shutdown.Outcome) string { return cells.Cut(cells.Clean(o.Name), maxName) }

func urgency(d time.Duration) string {
	if d >= slow {
		return yellow
	}
	return plain
}

// counts is the last line: how much is done and is to be done, and what to do.
func (f *painter) counts(r shutdown.Report, hint string) {
	var done, failed int
	for _, t := range r.Totals {
		done += t.OK + t.Failed + t.Stuck + t.Cut
		failed += t.Failed + t.Stuck + t.Cut
	}
	f.begin()
	f.add(plain, fmt.Sprintf("  %d done", done))
	if failed > 0 {
		f.add(red, fmt.Sprintf(" (%d failed)", failed))
	}
	f.add(plain, fmt.Sprintf(", %d to go", toGo(r)))
	if hint != "" {
		f.add(plain, "; ")
		f.add(bold, hint)
	}
}

// toGo counts what has not ended. What is running of the list is not on it any
// more.
func toGo(r shutdown.Report) int {
	n := r.Pending
	for _, o := range r.Waiting {
		if listed(o) {
			n++
		}
	}
	return n
}

// tenths returns d in seconds, always with one decimal: what changes ten times
// a second must not jump about.
func tenths(d time.Duration) string { return fmt.Sprintf("%.1fs", d.Seconds()) }

// shortSite leaves of file:line the last directory and the name.
func shortSite(site string) string {
	dir, file := path.Split(site)
	return path.Join(path.Base(dir), file)
}
