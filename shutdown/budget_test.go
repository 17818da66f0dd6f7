package shutdown

import (
	"testing"
	"time"
)

func TestBudget_dividesTheGrace(t *testing.T) {
	began := time.Unix(0, 0)
	b := budget{began: began, grace: 10 * time.Second}
	for name, c := range map[string]struct {
		got  time.Time
		want time.Duration
	}{
		"actors":     {b.actors(), 8 * time.Second},
		"abandon":    {b.abandon(), 8500 * time.Millisecond},
		"last call":  {b.lastCall(), 9500 * time.Millisecond},
		"over":       {b.over(), 9800 * time.Millisecond},
		"queues":     {b.queues(), 9900 * time.Millisecond},
		"last words": {b.lastWords(), 9950 * time.Millisecond},
		"end":        {b.end(), 10 * time.Second},
	} {
		if got := c.got.Sub(began); got != c.want {
			t.Errorf("%s = %v, want %v", name, got, c.want)
		}
	}
}

func TestBudget_ofAnyGraceIsInOrder(t *testing.T) {
	for grace := time.Duration(1); grace < 100*time.Hour; grace = grace*3 + 1 {
		b := budget{began: time.Unix(0, 0), grace: grace}
		previous := b.began
		for _, at := range []time.Time{b.actors(), b.abandon(), b.lastCall(), b.over(), b.queues(), b.lastWords(), b.end()} {
			if at.Before(previous) {
				t.Errorf("grace %v: %v is before what it must follow", grace, at.Sub(b.began))
			}
			previous = at
		}
	}
}

func TestSlots_ofTheLastCallAreHalfOfWhatIsLeft(t *testing.T) {
	b := budget{began: time.Unix(0, 0), grace: 10 * time.Second}
	now := b.lastCall()
	for _, want := range []time.Duration{150, 75} {
		s := b.slot(now, 0)
		if got := s.end.Sub(now); got != want*time.Millisecond || !s.waited {
			t.Errorf("slot = %v, waited %v; want %vms", got, s.waited, want)
		}
		now = s.end
	}
	now = b.over().Add(-2*minSlot + 1)
	if s := b.slot(now, 0); s.waited || s.end != b.over() {
		t.Errorf("a slot of less than %v is waited for: %+v", minSlot, s)
	}
}

func TestSlot_isShortenedByWithin(t *testing.T) {
	b := budget{began: time.Unix(0, 0), grace: 10 * time.Second}
	if got := b.slot(b.began, time.Second).end.Sub(b.began); got != time.Second {
		t.Errorf("slot = %v, want 1s", got)
	}
	if got := b.slot(b.began, time.Hour).end; got != b.lastCall() {
		t.Errorf("slot = %v, want until the last call", got.Sub(b.began))
	}
}

func TestForcedBudget_isOverIn200Milliseconds(t *testing.T) {
	b := budget{began: time.Unix(0, 0), grace: 10 * time.Second}
	b.forced = b.began.Add(time.Second)
	if got := b.lastCall(); got != b.forced {
		t.Errorf("last call at %v", got.Sub(b.began))
	}
	if got := b.over().Sub(b.forced); got != 200*time.Millisecond {
		t.Errorf("over after %v", got)
	}
	b.forced = b.began.Add(9700 * time.Millisecond)
	if got := b.over().Sub(b.began); got != 9800*time.Millisecond {
		t.Errorf("forced late: over at %v", got)
	}
}

func TestBudget_ofAPauseMovesWhatIsToCome(t *testing.T) {
	began := time.Unix(0, 0)
	for _, b := range []budget{{began: began, grace: 10 * time.Second}, {began: began, grace: 10 * time.Second, forced: began.Add(time.Second)}} {
		paused := b.pausedFor(time.Hour)
		for name, got := range map[string]time.Duration{
			"actors": paused.actors().Sub(b.actors()), "last call": paused.lastCall().Sub(b.lastCall()), "over": paused.over().Sub(b.over()),
			"queues": paused.queues().Sub(b.queues()), "last words": paused.lastWords().Sub(b.lastWords()), "end": paused.end().Sub(b.end()),
		} {
			if got != time.Hour {
				t.Errorf("%s of %+v has moved by %v", name, b, got)
			}
		}
		if paused.began != b.began {
			t.Errorf("the beginning has moved to %v", paused.began)
		}
	}
}
