package process_test

import (
	"os"
	"sync"
	"syscall"
	"testing"

	"github.com/seed7e043c35/lastcall/internal/process"
)

func TestWorst_isTheHighestRankAndWithinItTheFirst(t *testing.T) {
	var w process.Worst
	if got := w.Status(); got != (process.Status{}) {
		t.Errorf("zero Worst = %+v, want that all is well", got)
	}
	for _, c := range []struct{ raise, want process.Status }{
		{process.Status{Rank: process.Failed, Code: 1}, process.Status{Rank: process.Failed, Code: 1}},
		{process.Status{Rank: process.Interrupted, Code: 143}, process.Status{Rank: process.Failed, Code: 1}},
		{process.Status{Rank: process.Coded, Code: 9}, process.Status{Rank: process.Coded, Code: 9}},
		{process.Status{Rank: process.Coded, Code: 8}, process.Status{Rank: process.Coded, Code: 9}},
		{process.Status{Rank: process.Exited, Code: 255}, process.Status{Rank: process.Exited, Code: 255}},
		{process.Status{Rank: process.Stuck, Code: process.StatusStuck}, process.Status{Rank: process.Stuck, Code: 124}},
		{process.Status{Rank: process.Crashed, Code: process.StatusCrashed}, process.Status{Rank: process.Crashed, Code: 2}},
		{process.Status{Rank: process.Forced, Code: process.StatusForced}, process.Status{Rank: process.Forced, Code: 130}},
		{process.Status{Rank: process.Well}, process.Status{Rank: process.Forced, Code: 130}},
	} {
		w.Raise(c.raise)
		if got := w.Status(); got != c.want {
			t.Errorf("after %+v: %+v, want %+v", c.raise, got, c.want)
		}
	}
}

func TestWorst_fromManyGoroutines(t *testing.T) {
	var w process.Worst
	var all sync.WaitGroup
	for code := range 200 {
		for _, rank := range []process.Rank{process.Failed, process.Coded, process.Exited} {
			all.Go(func() { w.Raise(process.Status{Rank: rank, Code: code}) })
		}
	}
	all.Wait()
	got := w.Status()
	w.Raise(process.Status{Rank: process.Exited, Code: 1000})
	if got.Rank != process.Exited || w.Status() != got {
		t.Errorf("status %+v, then %+v; want the first of the worst rank", got, w.Status())
	}
}

func TestStatus_signalIsThatByWhichTheProcessDies(t *testing.T) {
	for _, c := range []struct {
		status process.Status
		want   os.Signal
	}{
		{process.Status{Rank: process.Forced, Code: process.StatusForced}, os.Interrupt},
		{process.Status{Rank: process.Interrupted, Code: 143}, syscall.SIGTERM},
		{process.Status{Rank: process.Exited, Code: 143}, nil},
		{process.Status{}, nil},
	} {
		if got := c.status.Signal(); got != c.want {
			t.Errorf("signal of %+v = %v, want %v", c.status, got, c.want)
		}
	}
}

// Until the stop is over, something is still running, whatever else has
// happened but for what is worse.
func TestEnd_beforeTheStopIsOverIsThatOfSomethingStuck(t *testing.T) {
	for _, c := range []struct{ worst, before process.Status }{
		{process.Status{}, process.Status{Rank: process.Stuck, Code: 124}},
		{process.Status{Rank: process.Exited, Code: 7}, process.Status{Rank: process.Stuck, Code: 124}},
		{process.Status{Rank: process.Crashed, Code: 2}, process.Status{Rank: process.Crashed, Code: 2}},
		{process.Status{Rank: process.Forced, Code: 130}, process.Status{Rank: process.Forced, Code: 130}},
	} {
		end := process.End{Worst: new(process.Worst)}
		end.Worst.Raise(c.worst)
		if got := end.Status(); got != c.before {
			t.Errorf("with %+v: %+v, want %+v", c.worst, got, c.before)
		}
		end.Stopped()
		if got := end.Status(); got != c.worst {
			t.Errorf("with %+v, once the stop is over: %+v", c.worst, got)
		}
	}
}
