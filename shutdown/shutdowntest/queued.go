package shutdowntest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// A queue is what waits for the process's own manager, which no test runs:
// kind, name and call site of each, the newest first, as far as a report tells.
type queue []string

// queued returns what waits now. Scopes do not: they end with their function,
// whoever runs the manager.
func queued() (q queue) {
	report := shutdown.Default().Report()
	if report.State != shutdown.Idle {
		return nil
	}
	for _, o := range report.Waiting {
		if o.Component.Kind != shutdown.KindScope {
			q = append(q, o.Component.String())
		}
	}
	return q
}

// since returns what has come to q since before.
func (q queue) since(before queue) (more queue) {
	rest := slices.Clone(before)
	for _, name := range q {
		if i := slices.Index(rest, name); i >= 0 {
			rest = slices.Delete(rest, i, i+1)
			continue
		}
		more = append(more, name)
	}
	return more
}

// String says what is wrong with that; nothing if there is nothing.
func (q queue) String() string {
	if len(q) == 0 {
		return ""
	}
	return fmt.Sprintf("registered with shutdown.Default(), which nobody runs in a test:\n\t%s\n"+
		"code that is given a context should register with that: shutdown.Finally(ctx, …), shutdown.FromContext(ctx)",
		strings.Join(q, "\n\t"))
}

// nothingMisplaced fails the test if something was registered where nobody runs
// it, unless Clean has.
func (r *Result) nothingMisplaced() {
	r.t.Helper()
	if len(r.misplaced) > 0 && !r.judged {
		r.t.Errorf("%v", r.misplaced)
	}
}
