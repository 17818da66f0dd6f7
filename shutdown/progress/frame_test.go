package progress

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/internal/cells"
	"github.com/seed7e043c35/lastcall/signals"
)

const ask = "press Ctrl-C again to exit now"

func waiting(kind shutdown.Kind, name string, took time.Duration) shutdown.Outcome {
	c := shutdown.Component{Kind: kind, Name: name, Site: "/src/app/main.go:31"}
	if kind == shutdown.KindHold {
		c.Site = ""
	}
	return shutdown.Outcome{Component: c, Took: took}
}

// under is the report of a stop that is under way.
func under(state shutdown.State, others ...shutdown.Outcome) shutdown.Report {
	return shutdown.Report{
		State: state, Took: 2400 * time.Millisecond, Grace: 9 * time.Second, Waiting: others, Pending: 5,
		Totals: map[shutdown.Kind]shutdown.Total{shutdown.KindActor: {OK: 5}, shutdown.KindHold: {OK: 1, Cut: 1}},
	}
}

func text(lines []line) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(l.text + "\n")
	}
	return b.String()
}

func TestFrameSaysWhoIsWaitedFor(t *testing.T) {
	r := under(shutdown.Stopping, waiting(shutdown.KindActor, "api", 2400*time.Millisecond), waiting(shutdown.KindHold, "job 4711", 300*time.Millisecond))
	want := `stopping  2.4s of 9s  ━━━━━━━────────────────────  6.6s left
  actor      api         2.4s  app/main.go:31
  hold       job 4711    0.3s
  7 done (1 failed), 5 to go; press Ctrl-C again to exit now
`
	want = strings.Replace(want, "━━━━━━━────────────────────", strings.Repeat("━", 7)+strings.Repeat("─", 21), 1)
	if got := text(frame(r, ask, 80, 24, false)); got != want {
		t.Errorf("frame is\n%swant\n%s", got, want)
	}
}

func TestFrameNamesTheRunningFinalizerFirst(t *testing.T) {
	r := under(shutdown.Finalizing, waiting(shutdown.KindActor, "left behind", 2*time.Second), waiting(shutdown.KindFinalizer, "database", time.Second))
	lines := frame(r, ask, 80, 24, false)
	if !strings.Contains(lines[1].text, "database") || !strings.Contains(lines[2].text, "left behind") {
		t.Errorf("frame is\n%s", text(lines))
	}
	if got, want := lines[3].text, "6 to go"; !strings.Contains(got, want) {
		t.Errorf("the last line is %q, want the running finalizer counted: %q", got, want)
	}
}

func TestFrameFitsIntoEveryTerminal(t *testing.T) {
	var many []shutdown.Outcome
	for i := range 100 {
		many = append(many, waiting(shutdown.KindActor, fmt.Sprintf("名前 %d \x1b[2J\n%s", i, strings.Repeat("long ", i)), time.Duration(i)*time.Second))
	}
	for width := 1; width < 120; width++ {
		for height := 1; height < 14; height++ {
			lines := frame(under(shutdown.Stopping, many...), ask, width, height, true)
			if len(lines) >= height && height > 1 || len(lines) > height {
				t.Fatalf("%d lines in a terminal of %d rows", len(lines), height)
			}
			for _, l := range lines {
				if l.width >= width && width > 1 {
					t.Fatalf("a line of %d cells in a terminal of %d: %q", l.width, width, l.text)
				}
				if strings.Contains(l.text, "\n") || strings.Contains(l.text, "\x1b[2J") {
					t.Fatalf("a name is obeyed: %q", l.text)
				}
			}
		}
	}
}

func TestFrameCountsThoseThatItDoesNotName(t *testing.T) {
	var many []shutdown.Outcome
	for i := range 100 {
		many = append(many, waiting(shutdown.KindActor, fmt.Sprint(i), time.Second))
	}
	if got, want := text(frame(under(shutdown.Stopping, many...), ask, 80, 24, false)), "  and 94 more\n"; !strings.Contains(got, want) {
		t.Errorf("frame is\n%swant %q in it", got, want)
	}
}

func TestColoursAreAllThatColourAdds(t *testing.T) {
	r := under(shutdown.Stopping, waiting(shutdown.KindActor, "api", 2*time.Second))
	coloured, bare := frame(r, ask, 80, 24, true), frame(r, ask, 80, 24, false)
	for i := range bare {
		if strings.Contains(bare[i].text, "\x1b") {
			t.Errorf("an escape sequence in %q", bare[i].text)
		}
		s := newScreen(200, 24)
		_, _ = s.Write([]byte(coloured[i].text))
		if s.String() != strings.TrimRight(bare[i].text, "\n") || coloured[i].width != cells.Width(bare[i].text) {
			t.Errorf("line %d shows %q with colours, %q without", i, s, bare[i].text)
		}
	}
}

func TestBarFillsWithTheTimeUsed(t *testing.T) {
	for took, want := range map[time.Duration]int{0: 0, 4500 * time.Millisecond: 14, 9 * time.Second: 28, time.Hour: 28} {
		r := under(shutdown.Stopping)
		r.Took = took
		first := frame(r, ask, 80, 24, false)[0].text
		if got := strings.Count(first, "━"); got != want {
			t.Errorf("after %v of 9s the bar has %d of 28 cells, want %d", took, got, want)
		}
	}
}

func TestHintSaysWhatTheNextCtrlCDoes(t *testing.T) {
	interrupt, term := &signals.Error{Signal: os.Interrupt}, &signals.Error{Signal: syscall.SIGTERM}
	for _, c := range []struct {
		signals []os.Signal
		report  shutdown.Report
		want    string
	}{
		{nil, shutdown.Report{State: shutdown.Stopping, Cause: interrupt}, "press Ctrl-C again to exit now"},
		{nil, shutdown.Report{State: shutdown.Stopping, Cause: term}, "press Ctrl-C to exit now"},
		{nil, shutdown.Report{State: shutdown.Finalizing, Cause: errors.New("disk full")}, "press Ctrl-C to exit now"},
		{nil, shutdown.Report{State: shutdown.Finalizing, Cause: term, Forced: true}, "press Ctrl-C again to exit now"},
		{nil, shutdown.Report{State: shutdown.Draining, Cause: term}, "press Ctrl-C to end the drain"},
		{[]os.Signal{}, shutdown.Report{State: shutdown.Stopping, Cause: interrupt}, ""},
		{[]os.Signal{os.Interrupt}, shutdown.Report{State: shutdown.Stopping, Cause: interrupt}, "press Ctrl-C again to exit now"},
	} {
		if got := hint(&shutdown.Manager{Signals: c.signals}, c.report); got != c.want {
			t.Errorf("hint in %v because of %v is %q, want %q", c.report.State, c.report.Cause, got, c.want)
		}
	}
}
