package clock

import (
	"testing"
	"time"
)

func TestBudget_dividesTheGrace(t *testing.T) {
	began := time.Unix(0, 0)
	b := Budget{Began: began, Grace: 10 * time.Second}
	for name, c := range map[string]struct {
		got  time.Time
		want time.Duration
	}{
		"actors":     {b.Actors(), 8 * time.Second},
		"abandon":    {b.Abandon(), 8500 * time.Millisecond},
		"last call":  {b.LastCall(), 9500 * time.Millisecond},
		"over":       {b.Over(), 9800 * time.Millisecond},
		"queues":     {b.Queues(), 9900 * time.Millisecond},
		"last words": {b.LastWords(), 9950 * time.Millisecond},
		"end":        {b.End(), 10 * time.Second},
	} {
		if got := c.got.Sub(began); got != c.want {
			t.Errorf("%s = %v, want %v", name, got, c.want)
		}
	}
}

func TestBudget_ofAnyGraceIsInOrder(t *testing.T) {
	for grace := time.Duration(1); grace < 100*time.Hour; grace = grace*3 + 1 {
		b := Budget{Began: time.Unix(0, 0), Grace: grace}
		previous := b.Began
		for _, at := range []time.Time{b.Actors(), b.Abandon(), b.LastCall(), b.Over(), b.Queues(), b.LastWords(), b.End()} {
			if at.Before(previous) {
				t.Errorf("grace %v: %v is before what it must follow", grace, at.Sub(b.Began))
			}
			previous = at
		}
	}
}

func TestForcedBudget_isOverIn200Milliseconds(t *testing.T) {
	b := Budget{Began: time.Unix(0, 0), Grace: 10 * time.Second}
	b.Forced = b.Began.Add(time.Second)
	if got := b.LastCall(); got != b.Forced {
		t.Errorf("last call at %v", got.Sub(b.Began))
	}
	if got := b.Over().Sub(b.Forced); got != 200*time.Millisecond {
		t.Errorf("over after %v", got)
	}
	b.Forced = b.Began.Add(9700 * time.Millisecond)
	if got := b.Over().Sub(b.Began); got != 9800*time.Millisecond {
		t.Errorf("forced late: over at %v", got)
	}
}

func TestBudget_ofAPauseMovesWhatIsToCome(t *testing.T) {
	began := time.Unix(0, 0)
	for _, b := range []Budget{{Began: began, Grace: 10 * time.Second}, {Began: began, Grace: 10 * time.Second, Forced: began.Add(time.Second)}} {
		paused := b.pausedFor(time.Hour)
		for name, got := range map[string]time.Duration{
			"actors": paused.Actors().Sub(b.Actors()), "last call": paused.LastCall().Sub(b.LastCall()), "over": paused.Over().Sub(b.Over()),
			"queues": paused.Queues().Sub(b.Queues()), "last words": paused.LastWords().Sub(b.LastWords()), "end": paused.End().Sub(b.End()),
		} {
			if got != time.Hour {
				t.Errorf("%s of %+v has moved by %v", name, b, got)
			}
		}
		if paused.Began != b.Began {
			t.Errorf("the beginning has moved to %v", paused.Began)
		}
	}
}

func TestBudget_endingEarlierShrinksItsParts(t *testing.T) {
	b := Budget{Began: time.Unix(0, 0), Grace: 10 * time.Second}.endingBy(time.Unix(5, 0))
	if got := b.LastCall().Sub(b.Began); got != 4750*time.Millisecond {
		t.Errorf("last call at %v, want 4.75s", got)
	}
}
