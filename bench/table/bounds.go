package main

import (
	"fmt"
	"io"
	"strings"
)

// A bound is what the design allows: so many times what a peer takes, or, if
// there is no peer, so much.
type bound struct {
	work   string
	of     string
	in     string
	unit   string
	peer   string
	most   float64
	before string // what it was with the core before, where that was measured
	why    string // what there is to say if it is not kept
}

// The bounds, in the order of the design's table.
var bounds = []bound{
	{"Register and Unregister, call site recorded", "Register", "", time, "context.AfterFunc", 1, "0.93 and 1.15", whyRegister},
	{"… allocations", "Register", "", allocations, "", 1, "1", whyAllocations},
	{"the same from all cores at once", "RegisterParallel", "", time, "context.AfterFunc", 0.8, "0.74 and 0.89", whyRegister},
	{"memory of one live finalizer", "Live", "", "B/live", "", 128, "112 B", whyMemory},
	{"… left of each after a million were unregistered", "Unregistered", "", "left-B/op", "", 1, "0.001 B", whyMemory},
	{"resource.Track and Close, 32 frames of its creation", "Track", "", time, "runtime.Callers", 2.2, "2.0", whyTrack},
	{"Hold and release", "Hold", "", time, "context.AfterFunc", 0.5, "0.43", whyHold},
	{"… allocations", "Hold", "", allocations, "", 1, "1", whyAllocations},
	{"the stop of 100,000 trivial finalizers", "StopFinalizers", "n=100000", time, "fx", 1, "0.81", whyFinalizers},
	{"the stop of 1,000,000", "StopFinalizers", "n=1000000", time, "", 300e6, "170 ms", whyFinalizers},
	{"a stop with one finalizer, the first of its process", "StopOnce", "", time, "fx", 3, "5.8", whyOnce},
	{"an empty Scope: CPU", "ScopeEmpty", "", cpu, "", 600, "1.1 µs", whyEmpty},
	{"… allocations", "ScopeEmpty", "", allocations, "", 5, "10", whyAllocations},
	{"a Scope with one Finally: CPU", "ScopeFinally", "", cpu, "", 3500, "4.5 µs", whyScope},
	{"… allocations", "ScopeFinally", "", allocations, "", 25, "30", whyAllocations},
	{"a Scope with a Finally for each HTTP request: CPU of the server", "Load", "", cpu, "bare", 1.6, "1.9", whyScope},
	{"gone with 100,000 actors stuck, in times of the grace", "StuckActors", "n=100000", "G/op", "", 1.05, "1.31 G", whyStuck},
	{"gone with 1,000,000 holds stuck", "StuckHolds", "n=1000000", "G/op", "", 1.05, "1.64 G", whyStuck},
	{"Report() in a stop that waits for 1,000,000 holds", "Report", "", time, "", 1e6, "160 ms", whyReport},
	{"the stop of 10,000 actors", "StopActors", "n=10000", time, "oklog-run", 8, "9.3", whyActors},
	{"signal to Context() cancelled", "Signal", "", time, "signal.NotifyContext", 2.5, "2.1", whySignal},
	{"idle program, SIGTERM to process gone", "IdleStop", "", time, "recipe-logging", 1.3, "1.17 to 1.27", whyIdle},
	{"last HTTP response to the first finalizer, at worst", "LastResponse", "goroutines=0", "worst-ns/op", "", 20e6, "0.4 ms", whyResponse},
	{"… with 100,000 goroutines alive", "LastResponse", "goroutines=100000", "worst-ns/op", "", 20e6, "2 s", whyResponse},
	{"explaining a hang, 100,000 goroutines: world stopped, at most", "Hang", "", time, "", 1e6, "0.08 ms", whyHang},
	{"requests lost at a replacement, clients on one port", "Replacement", "behind=directly", lost, "", 0, "0", whyLost},
	{"… behind nginx", "Replacement", "behind=nginx", lost, "", 0, "0", whyLost},
}

const (
	time        = "ns/op"
	least       = "min-ns/op"
	cpu         = "cpu-ns/op"
	allocations = "allocs/op"
	lost        = "lost/replacement"
)

// writeAbout writes when, on what and with what the run was made.
func writeAbout(w io.Writer, all *measurements) {
	fmt.Fprintf(w, "Measured on %s, on %s processors of an %s, with %s (%s/%s).\n\n",
		all.about["date"], all.about["processors"], all.about["cpu"], all.about["go"], all.about["goos"], all.about["goarch"])
}

// writeBounds writes the table of the bounds, and below it what there is to say
// of those that were not kept.
func writeBounds(w io.Writer, all *measurements) {
	fmt.Fprintln(w, "| work | lastcall | beside | ratio | in each round | of the least | of CPU | bound | kept | before |")
	fmt.Fprintln(w, "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- | ---: |")
	var over []bound
	for _, b := range bounds {
		if !b.write(w, all) {
			over = append(over, b)
		}
	}
	if len(over) == 0 {
		fmt.Fprintln(w, "\nEvery bound that was measured is kept.")
		return
	}
	fmt.Fprintf(w, "\nOver its bound, and why:\n\n")
	for _, b := range over {
		fmt.Fprintf(w, "- %s (%s). %s\n", b.of, strings.TrimPrefix(b.work, "… "), b.why)
	}
}

// write writes b's row, and reports whether b was kept, or could not be
// measured.
func (b bound) write(w io.Writer, all *measurements) (kept bool) {
	us, them := subject{b.of, b.in, "lastcall"}, subject{b.of, b.in, b.peer}
	ours, ok := all.median(us, b.unit)
	if !ok {
		fmt.Fprintf(w, "| %s | not measured | | | | | | | | %s |\n", b.work, b.before)
		return true
	}
	measured, most, ratios := ours, "≤ "+format(b.most, b.unit), " | | | "
	peer := ""
	if theirs, ok := all.median(them, b.unit); ok {
		measured = ours / theirs
		peer = format(theirs, b.unit) + " " + b.peer
		most = fmt.Sprintf("≤ %.1f", b.most)
		ratios = fmt.Sprintf("%s | %s | %s | %s", multiple(measured), all.span(us, them, b.unit), all.ratioOfLeast(us, them, b.unit), all.ratio(us, them, cpu))
	}
	kept = measured <= b.most
	fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s | %s |\n", b.work, format(ours, b.unit), peer, ratios, most, map[bool]string{true: "yes", false: "**no**"}[kept], b.before)
	return kept
}
