package main

import (
	"fmt"
	"io"
	"strings"
)

// The tables below the bounds: everything that was measured, by all who can do
// it.
var tables = []struct{ title, of, unit string }{
	{"Register and Unregister", "Register", "ns/op"},
	{"The same from all cores at once", "RegisterParallel", "ns/op"},
	{"The same from some goroutines", "RegisterFrom", "ns/op"},
	{"Memory of one live registration", "Live", "B/live"},
	{"Hold and release", "Hold", "ns/op"},
	{"The same from all cores at once", "HoldParallel", "ns/op"},
	{"resource.Track and Close", "Track", "ns/op"},
	{"resource.Ensure and the owner's close", "Ensure", "ns/op"},
	{"The stop of n finalizers: time", "StopFinalizers", "ns/op"},
	{"The stop of n finalizers: memory before it", "StopFinalizers", "live-B"},
	{"The stop of n actors: time", "StopActors", "ns/op"},
	{"The stop of n actors: memory before it", "StopActors", "live-B"},
	{"The stop of n holds: time", "StopHolds", "ns/op"},
	{"The stop of n holds: memory before it", "StopHolds", "live-B"},
	{"The end of n nested scopes: time", "StopScopes", "ns/op"},
	{"The end of n nested scopes: memory before it", "StopScopes", "live-B"},
	{"The stop of 10,000 finalizers while other goroutines register and unregister", "StopWhileRegistering", "ns/op"},
	{"Signal to context cancelled", "Signal", "ns/op"},
	{"Last HTTP response to the first finalizer", "LastResponse", "ns/op"},
	{"Last HTTP response to the first finalizer, at worst", "LastResponse", "worst-ns/op"},
	{"World stopped to explain a hang", "Hang", "ns/op"},
	{"Start of an idle program until it is ready", "IdleCost", "ns/op"},
	{"Goroutines of an idle program", "IdleCost", "goroutines"},
	{"Heap and stacks of an idle program", "IdleCost", "live-B"},
	{"Size of an idle program's binary", "IdleCost", "binary-B"},
	{"Idle program: SIGTERM to process gone", "IdleStop", "ns/op"},
	{"1,000 requests in flight: SIGTERM to process gone", "InFlightStop", "ns/op"},
	{"1,000 requests in flight: their end to process gone", "InFlightStop", "after-ns/op"},
	{"Requests lost of 1,000", "InFlightStop", "lost/op"},
}

// writeTables writes them: a row for each case, a column for each
// implementation.
func writeTables(w io.Writer, all *measurements) {
	for _, t := range tables {
		in, impls := all.cases(t.of)
		if len(in) == 0 {
			continue
		}
		fmt.Fprintf(w, "\n#### %s\n\n", t.title)
		fmt.Fprintf(w, "| | %s |\n", strings.Join(impls, " | "))
		fmt.Fprintf(w, "| --- |%s\n", strings.Repeat(" ---: |", len(impls)))
		for _, in := range in {
			fmt.Fprintf(w, "| %s |", in)
			for _, impl := range impls {
				fmt.Fprintf(w, " %s |", all.cell(subject{t.of, in, impl}, t.unit))
			}
			fmt.Fprintln(w)
		}
	}
}

// cell is what was measured, and in brackets lastcall's as a multiple of it.
func (all *measurements) cell(s subject, unit string) string {
	value, ok := all.median(s, unit)
	if !ok {
		return ""
	}
	text := format(value, unit)
	ours, ok := all.median(subject{s.of, s.in, "lastcall"}, unit)
	if s.impl == "lastcall" || !ok || value == 0 {
		return text
	}
	return text + " (" + multiple(ours/value) + ")"
}

// multiple writes a ratio with as many digits as say something.
func multiple(ratio float64) string {
	switch {
	case ratio >= 10:
		return fmt.Sprintf("%.0f", ratio)
	case ratio < 0.01:
		return fmt.Sprintf("%.4f", ratio)
	}
	return fmt.Sprintf("%.2f", ratio)
}

// format writes a value with three digits that mean something.
func format(value float64, unit string) string {
	switch {
	case strings.Contains(unit, "ns/"):
		return scale(value, 1000, "ns", "µs", "ms", "s")
	case strings.Contains(unit, "B"):
		return scale(value, 1000, "B", "kB", "MB", "GB")
	}
	return fmt.Sprintf("%.3g", value)
}

func scale(value, step float64, units ...string) string {
	for len(units) > 1 && value >= step {
		value, units = value/step, units[1:]
	}
	if value >= 100 {
		return fmt.Sprintf("%.0f %s", value, units[0])
	}
	return fmt.Sprintf("%.3g %s", value, units[0])
}
