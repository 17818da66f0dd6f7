package systemd

import (
	"fmt"
	"strings"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// shown is how many of those that are waited for a status names.
const shown = 3

// status says where the stop that r reports is, in one line for people.
func status(r shutdown.Report) string {
	left := max(0, r.Grace-r.Took).Round(100 * time.Millisecond)
	switch {
	case r.State == shutdown.Draining:
		return fmt.Sprintf("STATUS=draining: not ready any more, still serving (%v left)", left)
	case r.State == shutdown.Stopped:
		return fmt.Sprintf("STATUS=stopped in %v%s", r.Took.Round(time.Millisecond), failures(r))
	case len(r.Waiting) == 0:
		return fmt.Sprintf("STATUS=%v (%v left)", r.State, left)
	}
	return fmt.Sprintf("STATUS=%v: waiting for %s (%v left)", r.State, waiting(r), left)
}

// waiting names whom the stop waits for. Names are quoted, which keeps them on
// one line.
func waiting(r shutdown.Report) string {
	var names []string
	for _, o := range r.Waiting[:min(shown, len(r.Waiting))] {
		names = append(names, fmt.Sprintf("%v %q", o.Kind, o.Name))
	}
	if more := len(r.Waiting) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	return strings.Join(names, ", ")
}

// failures counts what went wrong, if anything did.
func failures(r shutdown.Report) string {
	var all shutdown.Total
	for _, total := range r.Totals {
		all.Failed += total.Failed
		all.Stuck += total.Stuck
		all.Cut += total.Cut
	}
	if all.Failed+all.Stuck+all.Cut == 0 {
		return ""
	}
	return fmt.Sprintf(": %d failed, %d stuck, %d cut", all.Failed, all.Stuck, all.Cut)
}
