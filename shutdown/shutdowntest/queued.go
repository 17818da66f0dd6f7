package shutdowntest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// A queue is what waits for the process's own manager, which no test runs.
type queue struct {
	count int
	names []string // as far as the manager tells
}

// queued returns what waits now.
func queued() queue {
	report := shutdown.Default().Report()
	q := queue{count: report.Pending}
	for _, o := range report.Waiting {
		q.names = append(q.names, o.Component.String())
	}
	return q
}

// since says what has come to q since before; nothing if nothing has.
func (q queue) since(before queue) string {
	more := q.count - before.count
	if more <= 0 {
		return ""
	}
	names := slices.DeleteFunc(slices.Clone(q.names), func(name string) bool { return slices.Contains(before.names, name) })
	what := strings.Join(names, ", ")
	if what != "" {
		what = ": " + what
	}
	return fmt.Sprintf("%d registered with shutdown.Default(), which nobody runs in a test%s; "+
		"code that is given a context should register with that: shutdown.Finally(ctx, …), shutdown.FromContext(ctx)", more, what)
}
