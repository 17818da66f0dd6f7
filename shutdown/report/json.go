package report

import (
	"encoding/json"
	"io"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// jsonVersion is raised when a field changes its meaning or goes away. A new
// field does not raise it.
const jsonVersion = 1

// JSON writes r to w as one JSON object and a newline, indented. The names of
// the fields are stable. A field whose name ends in _ms is a duration, or a
// time after the first cause, in milliseconds with up to six decimals. Fields
// marked with a question mark are left out when there is nothing to say.
//
//	version    1
//	state      idle, running, draining, stopping, finalizing or stopped
//	cause?     why the stop began
//	later?     further reasons to stop, in the order in which they came
//	began?     when the first cause came, RFC 3339
//	took_ms    from then to the end, or until now
//	grace_ms   the bound on the whole stop
//	paused_ms? of took_ms: while the process was stopped or frozen, which costs
//	           nothing of the grace
//	status     the exit status of the process, or what it would be under Main;
//	           128 plus the signal's number if it dies by one
//	signal?    by which it dies, as SIGINT
//	forced     whether a second Ctrl-C cut the stop short
//	phases     the states entered: state, began_ms, took_ms
//	outcomes   every failure and the slowest of the rest, in the order in
//	           which they began to end:
//	    kind       actor, service, hold, scope, finalizer or resource
//	    name       as given by its owner
//	    site?      file:line of the call that handed it over
//	    began_ms   when it was told to end, or started
//	    took_ms    how long that took; of what is stuck, until the end
//	    result     ok, leaked, failed, cut, panicked or stuck; the worst that applies
//	    error?     why it failed
//	    stack?     where it panicked or is stuck
//	    returned?  what an actor returned once it was told to stop, where that
//	               is no failure
//	waiting?   what is still being waited for: as outcomes, with the result
//	           running; only in the report of a stop that is under way
//	at_stop    how many components there were to end when Stopping began
//	pending    how many have not ended yet
//	omitted    how many components ended well and are not among the outcomes
//	totals     by kind: ok, failed (panics too), stuck, cut, leaked
//
// What is not valid UTF-8 is replaced by U+FFFD. JSON returns the error of w.
func JSON(w io.Writer, r shutdown.Report) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", "\t")
	return out.Encode(newDocument(r))
}

type document struct {
	Version  int              `json:"version"`
	State    string           `json:"state"`
	Cause    string           `json:"cause,omitempty"`
	Later    []string         `json:"later,omitempty"`
	Began    *time.Time       `json:"began,omitempty"`
	Took     float64          `json:"took_ms"`
	Grace    float64          `json:"grace_ms"`
	Paused   float64          `json:"paused_ms,omitempty"`
	Status   int              `json:"status"`
	Signal   string           `json:"signal,omitempty"`
	Forced   bool             `json:"forced"`
	Phases   []phase          `json:"phases"`
	Outcomes []outcome        `json:"outcomes"`
	Waiting  []outcome        `json:"waiting,omitempty"`
	AtStop   int              `json:"at_stop"`
	Pending  int              `json:"pending"`
	Omitted  int              `json:"omitted"`
	Totals   map[string]total `json:"totals"`
}

type phase struct {
	State string  `json:"state"`
	Began float64 `json:"began_ms"`
	Took  float64 `json:"took_ms"`
}

type outcome struct {
	Kind     string  `json:"kind"`
	Name     string  `json:"name"`
	Site     string  `json:"site,omitempty"`
	Began    float64 `json:"began_ms"`
	Took     float64 `json:"took_ms"`
	Result   string  `json:"result"`
	Error    string  `json:"error,omitempty"`
	Stack    string  `json:"stack,omitempty"`
	Returned string  `json:"returned,omitempty"`
}

type total struct {
	OK     int `json:"ok"`
	Failed int `json:"failed"`
	Stuck  int `json:"stuck"`
	Cut    int `json:"cut"`
	Leaked int `json:"leaked"`
}

func newDocument(r shutdown.Report) document {
	d := document{
		Version: jsonVersion,
		State:   r.State.String(),
		Cause:   text(r.Cause),
		Took:    milliseconds(r.Took),
		Grace:   milliseconds(r.Grace),
		Paused:  milliseconds(r.Paused),
		Status:  r.Status.Code,
		Forced:  r.Forced,
		AtStop:  r.AtStop,
		Pending: r.Pending,
		Phases:  []phase{}, // never null
		Totals:  make(map[string]total),
	}
	if r.Status.Signal != nil {
		d.Signal = r.Status.String()
	}
	if !r.Began.IsZero() {
		d.Began = &r.Began
	}
	for _, err := range r.Later {
		d.Later = append(d.Later, text(err))
	}
	for _, p := range r.Phases {
		d.Phases = append(d.Phases, phase{p.State.String(), milliseconds(p.Began), milliseconds(p.Took)})
	}
	ends := 0
	for kind, t := range r.Totals {
		d.Totals[kind.String()] = total(t)
		ends += t.OK + t.Failed + t.Stuck + t.Cut
	}
	d.Outcomes = outcomes(r.Outcomes, resultOf)
	d.Waiting = outcomes(waiting(r), func(shutdown.Outcome) result { return running })
	d.Omitted = max(0, ends-len(d.Outcomes))
	return d
}

func outcomes(given []shutdown.Outcome, judge func(shutdown.Outcome) result) []outcome {
	all := make([]outcome, 0, len(given)) // never null
	for _, o := range given {
		result := judge(o)
		if result == tookLong {
			result = ended // a consumer has took_ms to judge by
		}
		all = append(all, outcome{
			Kind: o.Kind.String(), Name: o.Name, Site: o.Site,
			Began: milliseconds(o.Began), Took: milliseconds(o.Took),
			Result: result.String(), Error: text(o.Err), Stack: stack(o.Err), Returned: text(o.Returned),
		})
	}
	return all
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
