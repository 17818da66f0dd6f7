package shutdowntest

import (
	"errors"
	"fmt"
	"strings"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// Clean fails the test unless everything ended well and in its time. It says
// for each thing that did not what it is, where it was registered, and where
// it is stuck: errors, panics, what was still running at the end, finalizers
// that overran their slot, resources that their owner did not close, a stop
// that was forced, and goroutines that outlived it.
//
// A run that was cut short by a signal is clean: [Result.Status] tells.
func (r *Result) Clean() {
	r.t.Helper()
	for _, problem := range r.problems() {
		r.t.Errorf("%s", problem)
	}
}

func (r *Result) problems() (problems []string) {
	for _, err := range parts(r.Err) {
		problems = append(problems, detailed(err))
	}
	for _, e := range r.Events {
		switch e.Type {
		case shutdown.EventOvertaken:
			problems = append(problems, fmt.Sprintf("%s overran its time: not done after %v", e.Component, e.Took))
		case shutdown.EventLeaked, shutdown.EventMissed:
			problems = append(problems, detailed(e.Err))
		}
	}
	for _, stack := range r.Goroutines {
		problems = append(problems, "a goroutine has outlived the stop:\n"+stack)
	}
	return problems
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
