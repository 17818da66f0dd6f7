package main

import (
	"fmt"
	"io"
)

// A bound is what the design allows: so many times what a peer takes, or, if
// there is no peer, so much.
type bound struct {
	work string
	of   string
	in   string
	unit string
	peer string
	most float64
}

// The bounds, in the order of the design's table.
var bounds = []bound{
	{"Register and Unregister, call site recorded", "Register", "", "ns/op", "context.AfterFunc", 1},
	{"… allocations", "Register", "", "allocs/op", "", 1},
	{"the same from all cores at once", "RegisterParallel", "", "ns/op", "context.AfterFunc", 0.6},
	{"memory of one live finalizer", "Live", "", "B/live", "", 128},
	{"… left of each after a million were unregistered", "Unregistered", "", "left-B/op", "", 1},
	{"resource.Track and Close, 32 frames of stack", "Track", "", "ns/op", "context.AfterFunc", 3},
	{"Hold and release", "Hold", "", "ns/op", "context.AfterFunc", 0.5},
	{"… allocations", "Hold", "", "allocs/op", "", 1},
	{"the stop of 100,000 trivial finalizers", "StopFinalizers", "n=100000", "ns/op", "fx", 1},
	{"signal to Context() cancelled", "Signal", "", "ns/op", "signal.NotifyContext", 1.2},
	{"idle program, SIGTERM to process gone", "IdleStop", "", "ns/op", "recipe", 1.1},
	{"last HTTP response to the first finalizer, at worst", "LastResponse", "", "worst-ns/op", "", 20e6},
	{"explaining a hang, 100,000 goroutines: world stopped, at most", "Hang", "", "ns/op", "", 1e6},
}

// writeAbout writes when, on what and with what the run was made.
func writeAbout(w io.Writer, all *measurements) {
	fmt.Fprintf(w, "Measured on %s, on %s processors of an %s, with %s (%s/%s).\n\n",
		all.about["date"], all.about["processors"], all.about["cpu"], all.about["go"], all.about["goos"], all.about["goarch"])
}

// writeBounds writes the table of the bounds, and whether they were kept.
func writeBounds(w io.Writer, all *measurements) {
	fmt.Fprintln(w, "| work | lastcall | peer | ratio | bound | kept |")
	fmt.Fprintln(w, "| --- | ---: | ---: | ---: | ---: | --- |")
	for _, b := range bounds {
		b.write(w, all)
	}
}

func (b bound) write(w io.Writer, all *measurements) {
	ours, ok := all.median(subject{b.of, b.in, "lastcall"}, b.unit)
	if !ok {
		fmt.Fprintf(w, "| %s | not measured | | | | |\n", b.work)
		return
	}
	peer, ratio, most, measured := "", "", "≤ "+format(b.most, b.unit), ours
	if theirs, ok := all.median(subject{b.of, b.in, b.peer}, b.unit); ok {
		measured = ours / theirs
		peer = format(theirs, b.unit) + " " + b.peer
		ratio, most = multiple(measured), fmt.Sprintf("≤ %.1f", b.most)
	}
	kept := "yes"
	if measured > b.most {
		kept = "**no**"
	}
	fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s |\n", b.work, format(ours, b.unit), peer, ratio, most, kept)
}
