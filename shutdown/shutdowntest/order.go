package shutdowntest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// Order fails the test unless the components with these names ended one after
// the other: each had ended before the next began to end. A finalizer or
// background service begins to end when its turn comes, an actor or hold when
// it ends. So an actor that was abandoned while the database was being closed
// under it is out of order, although it may have ended first.
//
// Of several components with one name all are meant. A name of which nothing
// ended during the stop fails the test too. Finalizers of a scope that ended by
// itself belong to the scope: name that.
func (r *Result) Order(names ...string) {
	r.t.Helper()
	before := span{}
	for i, name := range names {
		s, ok := r.spanOf(name)
		switch {
		case !ok:
			r.disorder(names, "%q has not ended in the stop%s", name, r.known(name))
			return
		case i > 0 && s.began < before.ended:
			r.disorder(names, "%q began to end before %q had ended", name, names[i-1])
			return
		}
		before = s
	}
}

// known says which names there are, if nothing is called name.
func (r *Result) known(name string) string {
	var names []string
	for _, e := range r.Events {
		if e.Component.Name == name {
			return ""
		}
		if e.Component.Kind != shutdown.KindNone {
			names = append(names, strconv.Quote(e.Component.Name))
		}
	}
	slices.Sort(names)
	return ": nothing is called that; there are " + strings.Join(slices.Compact(names), ", ")
}

// A span is when something ended, in places of events.
type span struct{ began, ended int }

// spanOf returns when the components called name ended, and whether they have.
func (r *Result) spanOf(name string) (s span, ok bool) {
	s.began = len(r.Events)
	for i, e := range r.Events {
		switch {
		case e.Component.Name != name:
		case e.Type == shutdown.EventStuck:
			ok = false // unless it ends yet
		case e.Type == shutdown.EventFinished:
			s.began = min(s.began, i)
			s.ended, ok = i, true
		case turnCame(e):
			s.began = min(s.began, i)
		}
	}
	return s, ok
}

// turnCame reports whether e says that it is a finalizer's or a service's turn.
func turnCame(e shutdown.Event) bool {
	return e.Type == shutdown.EventStarted && e.State == shutdown.Finalizing && e.Component.Kind != shutdown.KindActor
}

func (r *Result) disorder(names []string, format string, args ...any) {
	r.t.Helper()
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = fmt.Sprintf("%q", name)
	}
	r.t.Errorf("Order(%s): %s\nwhat happened:\n%s", strings.Join(quoted, ", "), fmt.Sprintf(format, args...), r.story(names))
}

// story tells what the components called names did in the stop.
func (r *Result) story(names []string) string {
	var b strings.Builder
	for _, e := range r.Events {
		if e.Component.Kind == shutdown.KindNone || !slices.Contains(names, e.Component.Name) {
			continue
		}
		at := "before the stop"
		if !e.Time.Before(r.Report.Began) && !r.Report.Began.IsZero() {
			at = e.Time.Sub(r.Report.Began).String()
		}
		fmt.Fprintf(&b, "\t%s\t%s %s\n", at, e.Component, e.Type)
	}
	return b.String()
}
