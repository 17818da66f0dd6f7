package signals_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/oklog/run"

	"github.com/seed7e043c35/lastcall/signals"
)

func TestError_isACancellationAndASignalError(t *testing.T) {
	err := &signals.Error{Signal: os.Interrupt}
	if !errors.Is(err, context.Canceled) || !errors.Is(err, run.ErrSignal) {
		t.Errorf("%v matches neither context.Canceled nor run.ErrSignal", err)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v matches context.DeadlineExceeded", err)
	}
}

func TestTermination_isEachCallersOwn(t *testing.T) {
	first := signals.Termination()
	if !slices.Contains(first, os.Interrupt) || !slices.Contains(first, os.Signal(syscall.SIGTERM)) {
		t.Errorf("Termination() = %v", first)
	}
	first[0] = nil
	if slices.Contains(signals.Termination(), nil) {
		t.Error("a caller changed the list of all")
	}
}

func TestRepeat_tellsEchoesFromRequests(t *testing.T) {
	type received struct {
		after time.Duration // since the one before
		sig   os.Signal
		want  signals.Meaning
	}
	for name, sequence := range map[string][]received{
		"first": {
			{0, os.Interrupt, signals.Insist},
		},
		"terminal and wrapper": {
			{0, os.Interrupt, signals.Insist},
			{time.Millisecond, os.Interrupt, signals.Echo},
		},
		"second Ctrl-C": {
			{0, os.Interrupt, signals.Insist},
			{signals.SameRequest, os.Interrupt, signals.Insist},
		},
		"storm": {
			{0, os.Interrupt, signals.Insist},
			{signals.SameRequest - 1, syscall.SIGTERM, signals.Echo},
			{signals.SameRequest - 1, os.Interrupt, signals.Echo}, // counted from the one before
			{signals.SameRequest, os.Interrupt, signals.Insist},
		},
		"supervisor": {
			{0, syscall.SIGTERM, signals.Terminate},
			{time.Minute, syscall.SIGTERM, signals.Terminate},
			{time.Minute, os.Interrupt, signals.Insist},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var repeat signals.Repeat
			now := time.Unix(1, 0)
			for i, r := range sequence {
				now = now.Add(r.after)
				if got := repeat.Received(r.sig, now); got != r.want {
					t.Errorf("signal %d (%v) means %v, want %v", i, r.sig, got, r.want)
				}
			}
		})
	}
}

func TestStatus_is128PlusTheSignalsNumber(t *testing.T) {
	if got := signals.Status(syscall.SIGTERM); got != 143 {
		t.Errorf("Status(SIGTERM) = %d", got)
	}
	if got := signals.Status(other{}); got != 1 {
		t.Errorf("Status of a signal without a number = %d", got)
	}
}

type other struct{}

func (other) Signal()        {}
func (other) String() string { return "other" }

func TestNotify_withoutSignalsTakesNone(t *testing.T) {
	received, stop := signals.Notify()
	defer stop()
	// The runtime sends the process SIGURG all the time; os/signal's Notify with
	// an empty list would deliver them.
	syscallKill(t)
	if len(received) > 0 {
		t.Errorf("received %v", <-received)
	}
}
