package shutdown_test

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/signals"
)

// FuzzStop makes a program of its bytes, runs it, and holds what happened
// against the model: why it stopped, what was started, in which order and when,
// when Run returned and with what, who is named as stuck or failed, how things
// stood before each step, and that nothing is left running.
func FuzzStop(f *testing.F) {
	f.Add([]byte{})
	for seed := range uint64(40) {
		f.Add(randomProgram(rand.New(rand.NewPCG(seed, 0))))
	}
	f.Fuzz(func(t *testing.T, bytes []byte) {
		if len(bytes) > 200 {
			t.Skip("long programs show nothing that short ones do not")
		}
		p := parseProgram(bytes)
		synctest.Test(t, func(t *testing.T) { runTrial(t, p) })
	})
}

// compare compares what has happened with what should have, in the manager m that
// house runs.
func (tr *trial) compare(m *shutdown.Manager, house *part, err error) {
	t, want, report := tr.t, tr.want.managers[house], m.Report()
	returned := time.Since(tr.began)
	tr.mu.Lock()
	defer tr.mu.Unlock()
	defer func() {
		if t.Failed() {
			t.Logf("times: %v", tr.times)
			t.Logf("result%v: %v", of(house), err)
		}
	}()
	if want == nil {
		t.Errorf("Run%v returned at %v, and should not have been called", of(house), returned)
		return
	}
	if returned != want.returned {
		t.Errorf("Run%v returned at %v, want %v", of(house), returned, want.returned)
	}
	if got := nameOf(report.Cause); got != want.cause {
		t.Errorf("cause%v %q, want %q", of(house), got, want.cause)
	}
	stuck, cut, failed := namesOfFailures(report)
	for _, names := range []struct {
		what      string
		got, want []string
	}{{"stuck", stuck, want.stuck}, {"cut", cut, want.cut}, {"failed", failed, want.failed}, {"Run's result", namesOf(err), slices.Sorted(maps.Keys(want.result))}} {
		if got, want := tr.want.untied(names.got), tr.want.untied(names.want); !slices.Equal(got, want) {
			t.Errorf("%s%v: %q, want %q", names.what, of(house), got, want)
		}
	}
	if got, want := report.Status.Code, statuses[want.worst]; got != want && len(tr.want.tied) == 0 {
		t.Errorf("status%v %d, want %d", of(house), got, want)
	}
	if got := report.Totals[shutdown.KindResource].Leaked; house == nil && got != tr.want.leaked {
		t.Errorf("%d resources leaked, want %d", got, tr.want.leaked)
	}
}

// of says which manager is meant.
func of(house *part) string {
	if house == nil {
		return ""
	}
	return " in " + house.name
}

// untied returns names without those of which nobody can say whether they ended
// before Run returned.
func (e expectation) untied(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return e.tied[name] })
}

// namesOfFailures returns who has failed, sorted.
func namesOfFailures(r shutdown.Report) (stuck, cut, failed []string) {
	for _, o := range r.Failures() {
		switch o.Err.(type) {
		case *shutdown.StuckError:
			stuck = append(stuck, o.Name)
		case *shutdown.CutError:
			cut = append(cut, o.Name)
		default:
			failed = append(failed, o.Name)
		}
	}
	slices.Sort(stuck)
	slices.Sort(cut)
	slices.Sort(failed)
	return stuck, cut, failed
}

// compareTurns compares the turns that finalizers, resources and services have
// had with those that they should have had: each once, at the right time and,
// where a stop started it, in the right order.
func (tr *trial) compareTurns() {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	turns := slices.DeleteFunc(slices.Clone(tr.events), func(name string) bool { return name == "Run" })
	if want := slices.Sorted(maps.Keys(tr.want.turns)); !slices.Equal(slices.Sorted(slices.Values(turns)), want) {
		tr.t.Errorf("turns of %q, want %q", turns, want)
	}
	for _, name := range turns {
		if got, want := tr.times[name], tr.want.turns[name]; got != want {
			tr.t.Errorf("turn of %q at %v, want %v", name, got, want)
		}
	}
	for house, want := range tr.want.managers {
		starts := slices.DeleteFunc(tr.started[house], func(name string) bool { return !slices.Contains(want.starts, name) })
		if !slices.Equal(starts, want.starts) {
			tr.t.Errorf("started%v %q, want %q", of(house), starts, want.starts)
		}
	}
}

// namesOf returns what Run's result is made of, sorted.
func namesOf(err error) (names []string) {
	parts := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		parts = joined.Unwrap()
	}
	for _, part := range parts {
		if part != nil {
			names = append(names, nameOf(part))
		}
	}
	slices.Sort(names)
	return slices.Compact(names) // there may be several managers
}

// nameOf returns what the model calls err: the name of whose error it is.
func nameOf(err error) string {
	switch err := err.(type) {
	case *signals.Error:
		return err.Signal.String()
	case *shutdown.ActorError:
		return err.Name
	case *shutdown.FinalizerError:
		return err.Name
	case *shutdown.PanicError:
		return err.Name
	case *shutdown.StuckError:
		return err.Name
	case *shutdown.CutError:
		return err.Name
	}
	switch err {
	case shutdown.ErrStopped:
		return "stop"
	case shutdown.ErrForced:
		return "forced"
	case context.Canceled:
		return "parent"
	}
	return err.Error()
}
