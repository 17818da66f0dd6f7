package report

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/internal/cells"
)

const (
	// maxRows is how many components are shown one by one: what a person may
	// still scroll through.
	maxRows = 200

	// fewRows is up to how many of them are shown in the order in which they
	// began to end. More than fit on a screen are sorted by importance.
	fewRows = 60
)

// slow is from when on a component is shown as slow, as in the log.
const slow = time.Second

// A result is how a component ended, from good to bad.
type result int

const (
	ended   result = iota
	running        // it has not ended yet
	tookLong
	leaked
	failed
	wasCut // its work was not finished when the time for it was up
	panicked
	stuck
)

// results has the words for a result: those of the JSON form, and class names.
var results = [...]string{"ok", "running", "slow", "leaked", "failed", "cut", "panicked", "stuck"}

func (r result) String() string { return results[r] }

func resultOf(o shutdown.Outcome) result {
	var (
		s *shutdown.StuckError
		p *shutdown.PanicError
		c *shutdown.CutError
	)
	switch {
	case errors.As(o.Err, &s):
		return stuck
	case errors.As(o.Err, &c):
		return wasCut
	case errors.As(o.Err, &p):
		return panicked
	case o.Err != nil:
		return failed
	case o.Leaked:
		return leaked
	case o.Took >= slow:
		return tookLong
	}
	return ended
}

// A row is a component as it is shown.
type row struct {
	shutdown.Outcome
	result result
}

// A view is what is shown of a report.
type view struct {
	shutdown.Report
	rows    []row
	hidden  int           // how many components are not among the rows
	worst   int           // how many of those did not end well
	span    time.Duration // what the time axis covers
	slowest *row          // nil if there is none
}

func newView(r shutdown.Report) view {
	v := view{Report: r, rows: rowsOf(r), span: max(r.Took, time.Microsecond)}
	if len(v.rows) > 0 {
		slowest := slices.MaxFunc(v.rows, bySlowness)
		v.slowest = &slowest
	}
	all := v.total()
	v.hidden = max(0, all.OK+all.Failed+all.Stuck+all.Cut-len(r.Outcomes))
	if len(v.rows)+v.hidden > fewRows {
		slices.SortStableFunc(v.rows, func(a, b row) int { return -byImportance(a, b) })
	}
	v.cut()
	return v
}

func rowsOf(r shutdown.Report) []row {
	var rows []row
	for _, o := range r.Outcomes {
		rows = append(rows, row{o, resultOf(o)})
	}
	for _, o := range waiting(r) {
		rows = append(rows, row{o, running})
	}
	return rows
}

// waiting returns what r waits for. Before Run that is nothing: what is registered
// then waits itself.
func waiting(r shutdown.Report) []shutdown.Outcome {
	if r.State == shutdown.Idle {
		return nil
	}
	return r.Waiting
}

// cut leaves no more rows than a person may want to see.
func (v *view) cut() {
	if len(v.rows) <= maxRows {
		return
	}
	for _, r := range v.rows[maxRows:] {
		v.hidden++
		if r.result > tookLong {
			v.worst++
		}
	}
	v.rows = v.rows[:maxRows]
}

func bySlowness(a, b row) int { return cmp.Compare(a.Took, b.Took) }

// byImportance puts what went wrong above what was merely slow.
func byImportance(a, b row) int {
	return cmp.Or(
		cmp.Compare(max(a.result, tookLong), max(b.result, tookLong)),
		bySlowness(a, b),
	)
}

func (v view) total() (all shutdown.Total) {
	for _, t := range v.Totals {
		all.OK += t.OK
		all.Failed += t.Failed
		all.Stuck += t.Stuck
		all.Cut += t.Cut
		all.Leaked += t.Leaked
	}
	return all
}

// headline says in a few words how the stop went.
func (v view) headline() string {
	switch {
	case v.Cause == nil:
		return "Nothing has asked for a stop"
	case v.State == shutdown.Stopped:
		return "Stopped in " + short(v.Took) + " of " + short(v.Grace) + v.pause() + v.status()
	}
	state := v.State.String()
	return fmt.Sprintf("%s%s: %s of %s used", strings.ToUpper(state[:1]), state[1:], short(v.Took), short(v.Grace))
}

// pause says how much of the time was none of the stop's.
func (v view) pause() string {
	if v.Paused == 0 {
		return ""
	}
	return " and a pause of " + short(v.Paused)
}

// status says how the process ends, unless that is as it should be.
func (v view) status() string {
	switch {
	case v.Status.Signal != nil:
		return ", dies by " + v.Status.String()
	case v.Status.Code != 0:
		return ", exit status " + v.Status.String()
	}
	return ""
}

// because says why the stop began.
func (v view) because() string {
	if v.Cause == nil {
		return ""
	}
	s := "because: " + text(v.Cause)
	if v.Forced {
		s += "; cut short by a second Ctrl-C"
	}
	return s
}

// verdict says what the reader should look at, if anything.
func (v view) verdict() string {
	all := v.total()
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{{all.Failed, "failed"}, {all.Cut, "cut"}, {all.Stuck, "still running at the end"}, {all.Leaked, "not closed by the owner"}} {
		if p.n > 0 {
			parts = append(parts, count(p.n)+" "+p.what)
		}
	}
	if v.State != shutdown.Stopped && v.Cause != nil {
		parts = append(parts, count(all.OK)+" done", count(v.Pending)+" to go")
	}
	switch {
	case len(parts) > 0:
		return strings.Join(parts, ", ")
	case all.OK == 0:
		return "There was nothing to end"
	case all.OK == 1:
		return "The one component ended well"
	}
	return "All " + count(all.OK) + " components ended well"
}

// slowestText names the component that took longest.
func (v view) slowestText() string {
	if v.slowest == nil {
		return ""
	}
	s := fmt.Sprintf("slowest: %s %q, %s", v.slowest.Kind, cells.Clean(v.slowest.Name), short(v.slowest.Took))
	if site := shortSite(v.slowest.Site); site != "" {
		s += ", " + site
	}
	return s
}

// rest says what is not among the rows.
func (v view) rest() string {
	if v.hidden == 0 {
		return ""
	}
	s := "and " + count(v.hidden) + " more"
	switch last := len(v.rows) - 1; {
	case v.worst > 0:
		return s + ", " + count(v.worst) + " of which did not end well"
	case v.State != shutdown.Stopped || last < 0:
		return s
	case v.rows[last].result > tookLong:
		return s + " that ended well"
	default:
		return s + " that ended well, none of which took longer than " + short(v.rows[last].Took)
	}
}

// bounds returns where on the time axis a row's bar begins and ends. What
// began before the stop is shown from the stop on.
func (v view) bounds(o row) (from, to time.Duration) {
	from = min(max(o.Began, 0), v.span)
	return from, min(max(o.Began+o.Took, from), v.span)
}

// reason says why a component failed, without what its row says anyway: that
// it is stuck, for instance, and for how long.
func (r row) reason() string {
	var (
		finalizer *shutdown.FinalizerError
		actor     *shutdown.ActorError
		p         *shutdown.PanicError
		c         *shutdown.CutError
	)
	switch {
	case r.result == stuck:
		return ""
	case errors.As(r.Err, &c) && c.Err == nil:
		return "" // that its time was up is all there is to say
	case c != nil:
		return text(c.Err)
	case errors.As(r.Err, &p):
		return "panic: " + fmt.Sprint(p.Value)
	case errors.As(r.Err, &finalizer):
		return text(finalizer.Err)
	case errors.As(r.Err, &actor):
		return text(actor.Err)
	case r.Err != nil:
		return text(r.Err)
	case r.Returned != nil:
		return "returned: " + text(r.Returned)
	}
	return ""
}

// stack returns where a component panicked or is stuck, if that is known.
func stack(err error) string {
	var (
		p *shutdown.PanicError
		s *shutdown.StuckError
	)
	switch {
	case errors.As(err, &s):
		return s.Stack
	case errors.As(err, &p):
		return string(p.Stack)
	}
	return ""
}

// text returns err's text even if its Error method panics, which fmt survives.
func text(err error) string {
	if err == nil {
		return ""
	}
	return fmt.Sprint(err)
}

// shortSite leaves of file:line what a person needs to find it: the last
// directory and the name. The runtime separates with slashes everywhere.
func shortSite(site string) string {
	dir, file := path.Split(site)
	if dir == "" {
		return site
	}
	return path.Join(path.Base(dir), file)
}

// short returns d with three significant digits, or to the second.
func short(d time.Duration) string {
	if d >= time.Minute {
		return d.Round(time.Second).String()
	}
	unit := time.Duration(1)
	for unit*1000 <= d {
		unit *= 10
	}
	return d.Round(unit).String()
}

// count returns n with its thousands apart.
func count(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
