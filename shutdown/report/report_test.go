package report_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/report"
)

// hostile is a name that would do harm in a page, in a picture and on a
// terminal.
const hostile = "<script>alert(1)</script>&\"'\x1b[2J\nnext\u202e\xff"

func component(kind shutdown.Kind, name string) shutdown.Component {
	return shutdown.Component{Kind: kind, Name: name, Site: "/src/app/" + "main.go:31"}
}

// five is the report of a stop in which each thing went differently.
func five() shutdown.Report {
	database := component(shutdown.KindFinalizer, "database")
	upload := component(shutdown.KindFinalizer, hostile)
	flush := component(shutdown.KindFinalizer, "flush")
	return shutdown.Report{
		State: shutdown.Stopped,
		Cause: errors.New("terminated signal received"),
		Later: []error{errors.New("and another one")},
		Began: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Took:  2 * time.Second,
		Grace: 8 * time.Second,
		Phases: []shutdown.Phase{
			{State: shutdown.Stopping, Took: 1500 * time.Millisecond},
			{State: shutdown.Finalizing, Began: 1500 * time.Millisecond, Took: 500 * time.Millisecond},
		},
		Outcomes: []shutdown.Outcome{
			{Component: component(shutdown.KindActor, "api"), Took: 1500 * time.Millisecond, Returned: errors.New("http: Server closed")},
			{Component: component(shutdown.KindResource, "socket"), Began: 1500 * time.Millisecond, Leaked: true},
			{
				Component: upload, Began: 1500 * time.Millisecond, Took: 100 * time.Millisecond,
				Err: &shutdown.FinalizerError{Component: upload, Err: errors.New("disk full")},
			},
			{
				Component: database, Began: 1600 * time.Millisecond, Took: 300 * time.Millisecond,
				Err: &shutdown.PanicError{
					Component: database, Value: "oops",
					Stack: []byte("goroutine 7 [running]:\nmain.close(...)\n\t/src/app/db.go:9 +0x1\n"),
				},
			},
			{
				Component: flush, Began: 1900 * time.Millisecond, Took: 100 * time.Millisecond,
				Err: &shutdown.StuckError{
					Component: flush, Running: 100 * time.Millisecond,
					Stack: "main.flush(...)\n\t/src/app/flush.go:12\n",
				},
			},
		},
		Totals: map[shutdown.Kind]shutdown.Total{
			shutdown.KindActor:     {OK: 1},
			shutdown.KindResource:  {OK: 1, Leaked: 1},
			shutdown.KindFinalizer: {Failed: 2, Stuck: 1},
		},
	}
}

// many is the report of a stop of n finalizers, of which the first few are
// slow in growing measure and every thousandth failed.
func many(n int) shutdown.Report {
	r := shutdown.Report{
		State: shutdown.Stopped, Cause: shutdown.ErrStopped, Took: time.Second, Grace: 9 * time.Second,
		Phases: []shutdown.Phase{{State: shutdown.Finalizing, Took: time.Second}},
	}
	var t shutdown.Total
	for i := range n {
		o := shutdown.Outcome{Component: component(shutdown.KindFinalizer, fmt.Sprint("f", i)), Took: time.Duration(i%256) * time.Microsecond}
		if i%1000 == 999 {
			o.Err = &shutdown.FinalizerError{Component: o.Component, Err: errors.New("lost")}
			t.Failed++
		} else {
			t.OK++
		}
		if i < 256 || o.Err != nil {
			r.Outcomes = append(r.Outcomes, o)
		}
	}
	r.Totals = map[shutdown.Kind]shutdown.Total{shutdown.KindFinalizer: t}
	return r
}

type writer = func(io.Writer, shutdown.Report) error

var forms = map[string]writer{"Text": report.Text, "JSON": report.JSON, "HTML": report.HTML, "SVG": report.SVG}

func written(t *testing.T, write writer, r shutdown.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// parse returns the text of each element of a document, by name and class, and
// fails the test if it is not well formed.
func parse(t *testing.T, document string) map[string][]string {
	t.Helper()
	found := make(map[string][]string)
	var open []string
	for d := xml.NewDecoder(strings.NewReader(document)); ; {
		token, err := d.Token()
		if err == io.EOF {
			return found
		}
		if err != nil {
			t.Fatalf("not well formed: %v", err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			name := token.Name.Local
			for _, a := range token.Attr {
				if a.Name.Local == "class" {
					name += "." + a.Value
				}
			}
			open = append(open, name)
			found[name] = append(found[name], "")
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			for _, name := range open {
				found[name][len(found[name])-1] += string(token)
			}
		}
	}
}

func TestJSONHasTheDocumentedFields(t *testing.T) {
	var got map[string]any
	if err := json.Unmarshal([]byte(written(t, report.JSON, five())), &got); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{
		"version": 1.0, "state": "stopped", "cause": "terminated signal received", "began": "2026-01-02T03:04:05Z",
		"took_ms": 2000.0, "grace_ms": 8000.0, "forced": false, "omitted": 0.0, "pending": 0.0, "at_stop": 0.0,
	} {
		if got[name] != want {
			t.Errorf("%s = %v, want %v", name, got[name], want)
		}
	}
	outcomes := got["outcomes"].([]any)
	var results []string
	for _, o := range outcomes {
		results = append(results, o.(map[string]any)["result"].(string))
	}
	if want := []string{"ok", "leaked", "failed", "panicked", "stuck"}; !slices.Equal(results, want) {
		t.Errorf("results are %q, want %q", results, want)
	}
	stuck := outcomes[4].(map[string]any)
	if stuck["site"] != "/src/app/main.go:31" || stuck["began_ms"] != 1900.0 || stuck["took_ms"] != 100.0 ||
		!strings.Contains(stuck["stack"].(string), "/src/app/flush.go:12") {
		t.Errorf("the stuck one is %v", stuck)
	}
	if returned := outcomes[0].(map[string]any)["returned"]; returned != "http: Server closed" {
		t.Errorf("returned = %v", returned)
	}
	totals := got["totals"].(map[string]any)["finalizer"].(map[string]any)
	if totals["failed"] != 2.0 || totals["stuck"] != 1.0 || totals["ok"] != 0.0 || totals["leaked"] != 0.0 {
		t.Errorf("totals of finalizers are %v", totals)
	}
}

// cut is the report of a stop with a pause in which work was cut.
func cut() shutdown.Report {
	job, hold := component(shutdown.KindScope, "import"), component(shutdown.KindHold, "job 7")
	return shutdown.Report{
		State: shutdown.Stopped, Cause: errors.New("terminated signal received"),
		Took: 9 * time.Second, Grace: 8 * time.Second, Paused: 2 * time.Second,
		Status: shutdown.Status{Code: 1},
		Outcomes: []shutdown.Outcome{
			{Component: job, Took: 8 * time.Second, Err: &shutdown.CutError{Component: job, Err: errors.New("rolled back")}},
			{Component: hold, Took: 8 * time.Second, Err: &shutdown.CutError{Component: hold}},
		},
		Totals: map[shutdown.Kind]shutdown.Total{shutdown.KindScope: {Cut: 1}, shutdown.KindHold: {Cut: 1, OK: 3}},
	}
}

func TestEachFormTellsOfCutWorkAndPausesAndTheStatus(t *testing.T) {
	for name, wants := range map[string][]string{
		"Text": {
			"Stopped in 9s of 8s and a pause of 2s, exit status 1, because: ", "2 cut; slowest",
			"8s  cut  app/main.go:31\n           rolled back\n", "and 3 more",
		},
		"JSON": {`"result": "cut"`, `"paused_ms": 2000`, `"status": 1`, `"cut": 1`, `rolled back`, `"omitted": 3`},
		"HTML": {`<article class="cut">`, "<th>cut</th>", "a pause of 2s, exit status 1", "2 cut;", "rolled back"},
		"SVG":  {`class="cut"`, "a pause of 2s, exit status 1", "2 cut;", "rolled back"},
	} {
		got := written(t, forms[name], cut())
		for _, want := range wants {
			if !strings.Contains(got, want) {
				t.Errorf("%s does not contain %q:\n%s", name, want, got)
			}
		}
	}
	dies := cut()
	dies.Status = shutdown.Status{Code: 130, Signal: os.Interrupt}
	for name, want := range map[string]string{"Text": "dies by SIGINT", "JSON": `"signal": "SIGINT"`, "HTML": "dies by SIGINT"} {
		if got := written(t, forms[name], dies); !strings.Contains(got, want) {
			t.Errorf("%s does not contain %q", name, want)
		}
	}
}

func TestJSONCountsWhatItOmits(t *testing.T) {
	var got struct {
		Outcomes []any
		Omitted  int
	}
	if err := json.Unmarshal([]byte(written(t, report.JSON, many(100_000))), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Outcomes)+got.Omitted != 100_000 {
		t.Errorf("%d outcomes and %d omitted, want 100000 together", len(got.Outcomes), got.Omitted)
	}
}

func TestEachFormShowsWhatFailedAndWhereToLook(t *testing.T) {
	for name, write := range forms {
		got := written(t, write, five())
		for _, want := range []string{"api", "database", "disk full", "oops", "app/main.go:31", "terminated signal received"} {
			if !strings.Contains(got, want) {
				t.Errorf("%s does not contain %q", name, want)
			}
		}
		if strings.Contains(got, "flush.go:12") == (name == "SVG") { // which has no room for stacks
			t.Errorf("%s: stack of what is stuck shown: %t", name, name == "SVG")
		}
	}
}

func TestHTMLIsWellFormedAndSelfContained(t *testing.T) {
	for _, r := range []shutdown.Report{{}, five(), many(50), many(100_000)} {
		page := written(t, report.HTML, r)
		found := parse(t, strings.TrimPrefix(page, "<!DOCTYPE html>"))
		if len(found["svg.lastcall"]) != 1 {
			t.Error("no picture on the page")
		}
		for _, foreign := range []string{"script", "link", "img", "iframe"} {
			if len(found[foreign]) > 0 {
				t.Errorf("the page has an element %s", foreign)
			}
		}
		if strings.Contains(page, "url(") || strings.Contains(page, "@import") {
			t.Error("the page refers to something outside")
		}
	}
}

func TestSVGHasABarAndDetailsForEachComponent(t *testing.T) {
	found := parse(t, written(t, report.SVG, five()))
	if got := len(found["g.row"]); got != 5 {
		t.Errorf("%d rows, want 5", got)
	}
	for class, want := range map[string]int{"slow": 1, "leaked": 1, "failed": 1, "panicked": 1, "stuck": 1, "stopping": 1, "finalizing": 1} {
		if got := len(found["rect."+class]); got != want {
			t.Errorf("%d bars or bands of class %s, want %d", got, class, want)
		}
	}
	var hovers string
	for _, s := range found["title"] {
		hovers += s + "\n"
	}
	for _, want := range []string{"from 1.6s on, for 300ms", "panicked: panic: oops", "/src/app/main.go:31", "failed: disk full"} {
		if !strings.Contains(hovers, want) {
			t.Errorf("the details do not say %q:\n%s", want, hovers)
		}
	}
}

func TestNamesAreEscapedInEveryForm(t *testing.T) {
	for name, write := range forms {
		got := written(t, write, five())
		if strings.ContainsAny(got, "\x1b\u202e") && name != "JSON" || strings.Contains(got, "\x1b") {
			t.Errorf("%s contains what a terminal would obey", name)
		}
		if strings.Contains(got, "<script") && (name == "HTML" || name == "SVG") {
			t.Errorf("%s contains the script", name)
		}
	}
}

func TestOfManyTheFailedAndTheSlowestComeFirst(t *testing.T) {
	const rows = 200
	found := parse(t, written(t, report.SVG, many(100_000)))
	if got := len(found["g.row"]); got != rows {
		t.Fatalf("%d rows, want %d", got, rows)
	}
	for i, text := range found["g.row"] {
		if failed := i < 100; strings.Contains(text, "failed") != failed {
			t.Fatalf("row %d failed: %t, want %t", i, !failed, failed)
		}
	}
	if !strings.Contains(found["g.row"][100], "f255") {
		t.Errorf("the first that ended well is %q, want f255, the slowest", found["g.row"][100])
	}
	text := written(t, report.Text, many(100_000))
	if want := "and 99,800 more that ended well"; !strings.Contains(text, want) {
		t.Errorf("the text does not say %q", want)
	}
}

func TestFailuresBeyondTheLastRowAreCounted(t *testing.T) {
	r := many(1_000_000) // a thousand of which failed
	for name, write := range map[string]writer{"Text": report.Text, "HTML": report.HTML, "SVG": report.SVG} {
		if want := "and 999,800 more, 800 of which did not end well"; !strings.Contains(written(t, write, r), want) {
			t.Errorf("%s does not say %q", name, want)
		}
	}
}

func TestOfFewTheOrderIsThatOfTheStop(t *testing.T) {
	var names []string
	for line := range strings.Lines(written(t, report.Text, five())) {
		if fields := strings.Fields(line); len(fields) > 1 && slices.Contains([]string{"actor", "resource", "finalizer"}, fields[0]) {
			names = append(names, fields[0]+" "+fields[1][:3])
		}
	}
	want := []string{"actor api", "resource soc", "finalizer <sc", "finalizer dat", "finalizer flu"}
	if !slices.Equal(names, want) {
		t.Errorf("rows are %q, want %q", names, want)
	}
}

func TestTextBarsLieWhereTheTimeWas(t *testing.T) {
	text := written(t, report.Text, five())
	for _, want := range []string{
		"actor      api      " + "  " + strings.Repeat("█", 24) + strings.Repeat("·", 8),
		"finalizer  database",
		strings.Repeat("·", 30) + "██",
	} {
		if name := strings.Fields(want)[0]; !strings.Contains(strings.Join(strings.Fields(text), " "), strings.Join(strings.Fields(want), " ")) {
			t.Errorf("no %s as in %q:\n%s", name, want, text)
		}
	}
}

func TestWorkThatIsOlderThanTheStopIsShownFromTheStopOn(t *testing.T) {
	for _, began := range []time.Duration{0, -time.Hour} {
		r := five()
		r.Outcomes = []shutdown.Outcome{{Component: component(shutdown.KindHold, "job"), Began: began, Took: time.Hour + time.Second}}
		found := parse(t, written(t, report.SVG, r))
		if len(found["rect.slow"]) != 1 {
			t.Error("no bar for the hold")
		}
		if text := written(t, report.Text, r); !strings.Contains(text, "1h0m1s") {
			t.Errorf("the text does not tell the age of the hold:\n%s", text)
		}
	}
}

func TestAReportOfNothingSaysSo(t *testing.T) {
	for name, write := range forms {
		got := written(t, write, new(shutdown.Manager).Report())
		if name != "JSON" && !strings.Contains(got, "Nothing has asked for a stop") {
			t.Errorf("%s of a manager that was not asked to stop: %q", name, got)
		}
	}
}

func TestAReportOfAStopUnderWayShowsWhoIsWaitedFor(t *testing.T) {
	r := five()
	r.State, r.Pending = shutdown.Finalizing, 7
	r.Waiting = []shutdown.Outcome{{Component: component(shutdown.KindFinalizer, "cache"), Began: 1900 * time.Millisecond, Took: 100 * time.Millisecond}}
	for name, write := range forms {
		got := written(t, write, r)
		if !strings.Contains(got, "cache") || !strings.Contains(got, "running") {
			t.Errorf("%s does not show what is running", name)
		}
	}
	if text := written(t, report.Text, r); !strings.Contains(text, "7 to go") {
		t.Errorf("the text does not say what is to go:\n%s", text)
	}
}

func TestAnErrorThatPanicsIsNoEndOfTheReport(t *testing.T) {
	r := five()
	r.Cause = bad{}
	for name, write := range forms {
		if got := written(t, write, r); !strings.Contains(got, "PANIC=Error method") {
			t.Errorf("%s does not say that the cause has no text", name)
		}
	}
}

type bad struct{}

func (bad) Error() string { panic("no text") }

func TestAWriterThatFailsIsReported(t *testing.T) {
	full := errors.New("disk full")
	for name, write := range forms {
		if err := write(failing{full}, five()); !errors.Is(err, full) {
			t.Errorf("%s = %v, want %v", name, err, full)
		}
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
