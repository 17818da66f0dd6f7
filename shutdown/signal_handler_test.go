package shutdown_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/oklog/run"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// answers makes s stop for sig alone, as a real signal, which no bubble can have, and
// runs it with an actor that returns word at once.
func answers(s *stop, sig os.Signal, word error) error {
	s.Signals = []os.Signal{sig}
	s.Add("signals", func() error { return word }, func(error) {})
	return s.Run(context.Background())
}

// An actor's word for one of the manager's signals is that signal, also if it is
// wrapped, and the first of its kind: it forces nothing.
func TestSignalHandler_isTakenForTheSignal(t *testing.T) {
	for _, sig := range []os.Signal{sigterm, os.Interrupt} {
		s := newStop()
		if err := answers(s, sig, fmt.Errorf("actors: %w", &run.SignalError{Signal: sig})); err != nil {
			t.Errorf("Run() = %v", err)
		}
		r := s.Report()
		if r.Status.Code != 0 || r.Forced || r.Totals[shutdown.KindActor].OK != 1 || !errors.Is(r.Cause, run.ErrSignal) {
			t.Errorf("cause %v, forced %v, status %v, totals %+v", r.Cause, r.Forced, r.Status, r.Totals)
		}
	}
}

// Of a signal that the manager does not stop for, or together with something else, it
// is a failure like any other.
func TestSignalHandler_ofAnotherSignalIsAFailure(t *testing.T) {
	for name, word := range map[string]error{
		"another signal":     &run.SignalError{Signal: os.Interrupt},
		"and something else": errors.Join(&run.SignalError{Signal: sigterm}, errBoom),
	} {
		t.Run(name, func(t *testing.T) {
			s := newStop()
			if failed := as[*shutdown.ActorError](t, answers(s, sigterm, word)); failed.Name != "signals" || s.Report().Status.Code != 1 {
				t.Errorf("failed = %v, status %v", failed, s.Report().Status)
			}
		})
	}
}
