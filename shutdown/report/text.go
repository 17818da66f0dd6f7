package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/internal/cells"
)

const (
	barCells  = 32 // how wide the timeline is
	nameCells = 28 // how wide a name may become
)

// Text writes r to w for people: how the stop went and why it began, its
// states, and a line for each component with a bar for its time, up to 200 of
// them. If there are few, they stand in the order in which they began to end;
// of many, what failed comes first and then the slowest. Why something failed,
// and where it is stuck, stands below its line.
//
// Names cannot harm a terminal: what is not printable is replaced. Text
// returns the error of w.
func Text(w io.Writer, r shutdown.Report) error {
	var b strings.Builder
	v := newView(r)
	v.writeSummary(&b)
	v.writePhases(&b)
	v.writeRows(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

func (v view) writeSummary(b *strings.Builder) {
	b.WriteString(join(", ", v.headline(), cells.Clean(v.because())) + "\n")
	for _, later := range v.Later {
		fmt.Fprintf(b, "then: %s\n", cells.Clean(text(later)))
	}
	b.WriteString(join("; ", v.verdict(), v.slowestText()) + "\n")
}

func (v view) writePhases(b *strings.Builder) {
	if len(v.Phases) > 0 {
		b.WriteByte('\n')
	}
	for _, p := range v.Phases {
		from, to := v.bounds(row{Outcome: shutdown.Outcome{Began: p.Began, Took: p.Took}})
		fmt.Fprintf(b, "%-*s  %s  %8s\n", v.labelCells(), p.State, v.bar(from, to), short(p.Took))
	}
}

// labelCells is how wide the column of kinds and names is.
func (v view) labelCells() int {
	n := len("finalizing")
	for _, r := range v.rows {
		n = max(n, cells.Width(label(r)))
	}
	return n
}

func label(r row) string {
	return fmt.Sprintf("%-9s  %s", r.Kind, cells.Cut(cells.Clean(r.Name), nameCells))
}

func (v view) writeRows(b *strings.Builder) {
	if len(v.rows) > 0 {
		b.WriteByte('\n')
	}
	width := v.labelCells()
	for _, r := range v.rows {
		from, to := v.bounds(r)
		line := fmt.Sprintf("%s  %s  %8s  %s", cells.Pad(label(r), width), v.bar(from, to), short(r.Took), join("  ", r.mark(), shortSite(r.Site)))
		b.WriteString(strings.TrimRight(line, " ") + "\n")
		writeDetails(b, r)
	}
	if rest := v.rest(); rest != "" {
		b.WriteString(rest + "\n")
	}
}

// mark is the result where it is worth a word.
func (r row) mark() string {
	if r.result == ended {
		return ""
	}
	return r.result.String()
}

func writeDetails(b *strings.Builder, r row) {
	details := join("\n", r.reason(), strings.TrimRight(stack(r.Err), "\n"))
	for line := range strings.Lines(details) {
		line = strings.ReplaceAll(strings.TrimRight(line, "\n"), "\t", "    ")
		b.WriteString("           " + cells.Clean(line) + "\n")
	}
}

// bar draws the time from one moment to another on the time axis, at least a
// mark.
func (v view) bar(from, to time.Duration) string {
	first := min(int(from*barCells/v.span), barCells-1)
	after := max(int((to*barCells+v.span-1)/v.span), first+1)
	return strings.Repeat("·", first) + strings.Repeat("█", after-first) + strings.Repeat("·", barCells-after)
}

// join joins those of the parts that are not empty.
func join(sep string, parts ...string) string {
	var full []string
	for _, p := range parts {
		if p != "" {
			full = append(full, p)
		}
	}
	return strings.Join(full, sep)
}
