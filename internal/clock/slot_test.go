package clock

import (
	"testing"
	"time"
)

func TestSlot_isThreeQuartersOfTheTimeUntilTheLastCall(t *testing.T) {
	b := Budget{Began: time.Unix(0, 0), Grace: 10 * time.Second}
	if got, want := b.Slot(b.Began, 0, false).End.Sub(b.Began), 7125*time.Millisecond; got != want {
		t.Errorf("slot = %v, want %v", got, want)
	}
	if got := b.Slot(b.Began, 0, true).End; got != b.LastCall() {
		t.Errorf("slot of the oldest = %v, want until the last call", got.Sub(b.Began))
	}
}

func TestSlot_isWhatWithinSays(t *testing.T) {
	b := Budget{Began: time.Unix(0, 0), Grace: 10 * time.Second}
	for _, within := range []time.Duration{time.Second, 9 * time.Second} {
		if got := b.Slot(b.Began, within, false).End.Sub(b.Began); got != within {
			t.Errorf("slot = %v, want %v", got, within)
		}
	}
	if got := b.Slot(b.Began, time.Hour, false).End; got != b.LastCall() {
		t.Errorf("slot = %v, want until the last call", got.Sub(b.Began))
	}
}

func TestSlots_ofTheLastCallAreHalfOfWhatIsLeft(t *testing.T) {
	b := Budget{Began: time.Unix(0, 0), Grace: 10 * time.Second}
	now := b.LastCall()
	for _, want := range []time.Duration{150, 75} {
		s := b.Slot(now, 0, true)
		if got := s.End.Sub(now); got != want*time.Millisecond || !s.Waited {
			t.Errorf("slot = %v, waited %v; want %vms", got, s.Waited, want)
		}
		now = s.End
	}
	now = b.Over().Add(-2*minSlot + 1)
	if s := b.Slot(now, 0, false); s.Waited || s.End != b.Over() {
		t.Errorf("a slot of less than %v is waited for: %+v", minSlot, s)
	}
}

func TestSlot_isSharedByThoseThatBeginInItsFirstHundredth(t *testing.T) {
	b := Budget{Began: time.Unix(0, 0), Grace: 10 * time.Second}
	s := b.Slot(b.Began, 0, false)
	edge := b.Began.Add(s.End.Sub(b.Began) / 100)
	if !s.Shares(b, edge, false) || s.Shares(b, edge.Add(1), false) {
		t.Error("the slot is not shared until its hundredth, and no longer")
	}
	if s.Shares(b, b.Began, true) {
		t.Error("the oldest shares a slot")
	}
	if s := b.Slot(b.Began, time.Second, false); s.Shares(b, b.Began, false) {
		t.Error("a slot of its own is shared")
	}
}

func TestSlot_endsWhenTheStopIsForced(t *testing.T) {
	b := Budget{Began: time.Unix(0, 0), Grace: 10 * time.Second}
	s := b.Slot(b.Began, 0, false)
	forced := b
	forced.Forced = b.Began.Add(time.Second)
	if got := s.Until(forced); got != forced.Forced {
		t.Errorf("until %v, want when it was forced", got.Sub(b.Began))
	}
	if got := s.Until(b.pausedFor(time.Hour)); got != s.End.Add(time.Hour) {
		t.Errorf("a pause of an hour has moved it by %v", got.Sub(s.End))
	}
}
