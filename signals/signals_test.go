package signals_test

import (
	"context"
	"errors"
	"os"
	"runtime"
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
		at    time.Duration
		sig   os.Signal
		want  signals.Meaning
		moves bool // has an effect
	}
	const half = signals.SameRequest
	for name, sequence := range map[string][]received{
		"first": {
			{0, os.Interrupt, signals.Insist, true},
		},
		"terminal and wrapper": {
			{0, os.Interrupt, signals.Insist, true},
			{time.Millisecond, os.Interrupt, signals.Echo, false},
		},
		"second Ctrl-C": {
			{0, os.Interrupt, signals.Insist, true},
			{half, os.Interrupt, signals.Insist, true},
		},
		"hammered": {
			{0, os.Interrupt, signals.Insist, true},
			{half * 3 / 5, os.Interrupt, signals.Echo, false},
			{half * 6 / 5, os.Interrupt, signals.Insist, true}, // counted from the first
			{half * 9 / 5, os.Interrupt, signals.Echo, false},
			{half * 12 / 5, os.Interrupt, signals.Insist, true},
		},
		"storm": {
			{0, syscall.SIGTERM, signals.Terminate, true},
			{half - 2, os.Interrupt, signals.Echo, false},
			{half - 1, syscall.SIGTERM, signals.Echo, false},
			{half, os.Interrupt, signals.Insist, true},
		},
		"supervisor that repeats itself, and a person": {
			{0, syscall.SIGTERM, signals.Terminate, true},
			{time.Minute, syscall.SIGTERM, signals.Terminate, false},
			{time.Minute + 1, os.Interrupt, signals.Insist, true}, // no echo of what changed nothing
			{time.Minute + 2, os.Interrupt, signals.Echo, false},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var repeat signals.Repeat
			for i, r := range sequence {
				now := time.Unix(1, 0).Add(r.at)
				if got := repeat.Meaning(r.sig, now); got != r.want {
					t.Errorf("signal %d (%v) means %v, want %v", i, r.sig, got, r.want)
				}
				if r.moves {
					repeat.Counted(now)
				}
			}
		})
	}
}

func TestStopLimit_isOnlyOfWhatTheSystemSends(t *testing.T) {
	var want time.Duration
	if runtime.GOOS == "windows" {
		want = 4500 * time.Millisecond
	}
	if got := signals.StopLimit(syscall.SIGTERM); got != want {
		t.Errorf("StopLimit(SIGTERM) = %v, want %v", got, want)
	}
	if got := signals.StopLimit(os.Interrupt); got != 0 {
		t.Errorf("StopLimit(SIGINT) = %v, want none", got)
	}
	if given := (&signals.Error{Signal: syscall.SIGTERM}); given.Limit != 0 {
		t.Errorf("a SIGTERM that was given by a call has the limit %v, want none", given.Limit)
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

func TestName_isThatOfKill(t *testing.T) {
	for sig, want := range map[os.Signal]string{os.Interrupt: "SIGINT", os.Kill: "SIGKILL", syscall.SIGTERM: "SIGTERM", syscall.SIGQUIT: "SIGQUIT", other{}: ""} {
		if got := signals.Name(sig); got != want {
			t.Errorf("Name(%v) = %q, want %q", sig, got, want)
		}
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
