package main

import (
	"fmt"
	"io"
	"strings"
)

// The tables below the bounds: everything that was measured, by all who can do
// it.
var tables = []struct{ title, of, unit string }{
	{"Register and Unregister", "Register", time},
	{"Register and Unregister: CPU", "Register", cpu},
	{"The same from all cores at once", "RegisterParallel", time},
	{"The same from some goroutines", "RegisterFrom", time},
	{"Memory of one live registration", "Live", "B/live"},
	{"Hold and release", "Hold", time},
	{"The same from all cores at once", "HoldParallel", time},
	{"resource.Track and Close", "Track", time},
	{"resource.Ensure and the owner's close", "Ensure", time},
	{"guard: a clean-up that is noted, and released", "Guard", time},
	{"guard: CPU", "Guard", cpu},
	{"An empty Scope", "ScopeEmpty", time},
	{"An empty Scope: allocations", "ScopeEmpty", allocations},
	{"A Scope with one Finally", "ScopeFinally", time},
	{"A Scope with one Finally: CPU", "ScopeFinally", cpu},
	{"A Scope with one Finally: allocations", "ScopeFinally", allocations},
	{"An HTTP request under load: time for each (the inverse of the throughput)", "Load", time},
	{"An HTTP request under load: CPU of the server", "Load", cpu},
	{"An HTTP request under load: 99 in 100 took at most", "Load", "p99-ns/op"},
	{"The first stop of a process, with one finalizer", "StopOnce", time},
	{"The first stop of a process: CPU", "StopOnce", cpu},
	{"The first stop of a process: pages touched for the first time", "StopOnce", "faults/op"},
	{"The stop of n finalizers: time", "StopFinalizers", time},
	{"The stop of n finalizers: CPU", "StopFinalizers", cpu},
	{"The stop of n finalizers: memory before it", "StopFinalizers", "live-B"},
	{"The stop of n actors: time", "StopActors", time},
	{"The stop of n actors: CPU", "StopActors", cpu},
	{"The stop of n actors: memory before it", "StopActors", "live-B"},
	{"The stop of n holds: time", "StopHolds", time},
	{"The stop of n holds: memory before it", "StopHolds", "live-B"},
	{"The end of n nested scopes: time", "StopScopes", time},
	{"The end of n nested scopes: memory before it", "StopScopes", "live-B"},
	{"The stop of n scopes beside each other: time", "StopOpenScopes", time},
	{"The stop of n scopes beside each other: memory before it", "StopOpenScopes", "live-B"},
	{"The stop of 10,000 finalizers while other goroutines register and unregister", "StopWhileRegistering", time},
	{"n stuck actors, a grace of 2 s: SIGTERM to process gone", "StuckActors", time},
	{"n stuck actors: CPU meanwhile", "StuckActors", cpu},
	{"n stuck holds, a grace of 2 s: SIGTERM to process gone", "StuckHolds", time},
	{"n stuck holds: CPU meanwhile", "StuckHolds", cpu},
	{"A report in a stop that waits for 1,000,000 holds", "Report", time},
	{"Signal to context cancelled", "Signal", time},
	{"Last HTTP response to the first finalizer", "LastResponse", time},
	{"Last HTTP response to the first finalizer, at worst", "LastResponse", "worst-ns/op"},
	{"World stopped to explain a hang", "Hang", time},
	{"A program that has nothing to do, from its start until it is gone", "Exit", time},
	{"A program that has nothing to do: CPU", "Exit", cpu},
	{"Start of an idle program until it is ready", "IdleCost", time},
	{"Goroutines of an idle program", "IdleCost", "goroutines"},
	{"Heap and stacks of an idle program", "IdleCost", "live-B"},
	{"Size of an idle program's binary", "IdleCost", "binary-B"},
	{"Idle program: SIGTERM to process gone", "IdleStop", time},
	{"Idle program: CPU from SIGTERM on", "IdleStop", cpu},
	{"1,000 requests in flight: SIGTERM to process gone", "InFlightStop", time},
	{"1,000 requests in flight: their end to process gone", "InFlightStop", "after-ns/op"},
	{"Requests lost of 1,000", "InFlightStop", "lost/op"},
	{"Requests lost at each replacement of a server under load", "Replacement", lost},
	{"stopcheck: all it tries with a quick server", "Stopcheck", time},
	{"Tried and left alone: a list of hooks with their call sites, from all cores at once", "Sharded", time},
	{"The guard against SIGPIPE, before the first word of a stop", "GuardPipe", time},
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

// cell is what was measured, of times also the least, and in brackets lastcall's
// as a multiple of it.
func (all *measurements) cell(s subject, unit string) string {
	value, ok := all.median(s, unit)
	if !ok {
		return ""
	}
	text := format(value, unit)
	if shortest, ok := all.least(s, unit); ok && unit == time {
		text += " · " + format(shortest, unit)
	}
	ours, ok := all.median(subject{s.of, s.in, "lastcall"}, unit)
	if s.impl == "lastcall" || !ok || ours == 0 || value == 0 {
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
	case unit == "G/op":
		return fmt.Sprintf("%.3g G", value)
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
