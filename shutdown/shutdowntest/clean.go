package shutdowntest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/signals"
)

// Clean fails the test unless everything ended well and in its time. It says
// for each thing that did not what it is, where it was registered, and where
// it is stuck: errors, panics, what was still running at the end, finalizers
// that overran their slot, resources that their owner did not close, a stop
// that was forced, and goroutines that outlived it.
//
// A run that was cut short by a signal is clean: [Result.Status] tells. Why the
// stop began is no problem if that was a wish: the signal that the test sent, a
// Stop(nil). What is stuck is said once, although it has overrun its slot as well
// and its goroutine is still there. What was registered with [shutdown.Default]
// meanwhile is a problem, by whomever: nobody runs that in a test. Without Clean
// the test fails of that at its end.
func (r *Result) Clean() {
	r.t.Helper()
	r.judged = true
	for _, problem := range r.problems() {
		r.t.Errorf("%s", problem)
	}
}

func (r *Result) problems() (problems []string) {
	stuck := make(map[shutdown.Component]bool)
	var told toldStacks
	for _, err := range r.failures() {
		var s *shutdown.StuckError
		if errors.As(err, &s) {
			stuck[s.Component], told = true, append(told, s.Stack)
		}
		problems = append(problems, detailed(err))
	}
	for _, e := range r.Events {
		switch {
		case e.Type == shutdown.EventOvertaken && !stuck[e.Component]:
			problems = append(problems, fmt.Sprintf("%s overran its time: not done after %v", e.Component, e.Took))
		case e.Type == shutdown.EventLeaked, e.Type == shutdown.EventMissed:
			problems = append(problems, detailed(e.Err))
		}
	}
	for _, stack := range r.Goroutines {
		if !told.includes(stack) {
			problems = append(problems, "a goroutine has outlived the stop:\n"+stack)
		}
	}
	if len(r.misplaced) > 0 {
		problems = append(problems, r.misplaced.String())
	}
	return problems
}

// failures returns the errors of the stop, without a wish for it.
func (r *Result) failures() []error {
	return slices.DeleteFunc(slices.Clone(parts(r.Err)), func(err error) bool { return err == r.Report.Cause && wish(err) })
}

// toldStacks are the stacks of what is stuck, which have been told.
type toldStacks []string

// includes reports whether a goroutine is one of those: its lines in the
// program, if it has any, are all in one of the stacks.
func (told toldStacks) includes(goroutine string) bool {
	return slices.ContainsFunc(told, func(stack string) bool {
		own := 0
		for _, f := range framesOf(goroutine) {
			if !f.users() {
				continue
			}
			if own++; !strings.Contains(stack+"\n", f.site+"\n") {
				return false
			}
		}
		return own > 0
	})
}

// wish reports whether err, why a stop began, is none that anybody is to blame
// for.
func wish(err error) bool {
	switch err := err.(type) {
	case *signals.Error:
		return true
	case *shutdown.ActorError:
		return err.Err == nil
	case *shutdown.ExitError:
		return err.Code == 0
	}
	return err == shutdown.ErrStopped || err == context.Canceled
}

// parts returns the errors that err joins.
func parts(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	if err == nil {
		return nil
	}
	return []error{err}
}

// detailed is err's text with the stack that belongs to it, if there is one.
func detailed(err error) string {
	var (
		stuck   *shutdown.StuckError
		crashed *shutdown.PanicError
		leaked  *shutdown.LeakError
		stack   string
	)
	switch {
	case errors.As(err, &stuck):
		stack = stuck.Stack
	case errors.As(err, &crashed):
		stack = string(crashed.Stack)
	case errors.As(err, &leaked):
		stack = leaked.Stack
	}
	return strings.TrimSuffix(err.Error()+"\n"+stack, "\n")
}
