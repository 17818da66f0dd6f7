package clock

import (
	"testing"
	"time"
)

func TestSlot_isThreeQuartersOfTheTimeUntilTheLastCall(t *testing.T) {
	b := Budget{Began: time.Unix(0, 0), Grace: 10 * time.Second}
	if got, want := b.Slot(b.Began, 0, 1).End.Sub(b.Began), 7125*time.Millisecond; got != want {
		t.Errorf("slot = %v, want %v", got, want)
	}
	if got := b.Slot(b.Began, 0, 0).End; got != b.LastCall() {
		t.Errorf("slot of the oldest = %v, want until the last call", got.Sub(b.Began))
	}
}

func TestSlot_isWhatWithinSays(t *testing.T) {
	b := Budget{Began: time.Unix(0, 0), Grace: 10 * time.Second}
	for _, within := range []time.Duration{time.Second, 9 * time.Second} {
		if got := b.Slot(b.Began, within, 1).End.Sub(b.Began); got != within {
			t.Errorf("slot = %v, want %v", got, within)
		}
	}
	if got := b.Slot(b.Began, time.Hour, 1).End; got != b.LastCall() {
		t.Errorf("slot = %v, want until the last call", got.Sub(b.Began))
	}
}

func TestSlots_ofTheLastCallAreHalfOfWhatIsLeft(t *testing.T) {
	b := Budget{Began: time.Unix(0, 0), Grace: 10 * time.Second}
	now := b.LastCall()
	for _, want := range []time.Duration{150, 75} {
		s := b.Slot(now, 0, 0)
		if got := s.End.Sub(now); got != want*time.Millisecond || !s.Waited {
			t.Errorf("slot = %v, waited %v; want %vms", got, s.Waited, want)
		}
		now = s.End
	}
	now = b.Over().Add(-2*minSlot + 1)
	if s := b.Slot(now, 0, 1); s.Waited || s.End != b.Over() {
		t.Errorf("a slot of less than %v is waited for: %+v", minSlot, s)
	}
}

func TestSlot_isSharedByThoseThatBeginInItsFirstHundredth(t *testing.T) {
	b := Budget{Began: time.Unix(0, 0), Grace: 10 * time.Second}
	s := b.Slot(b.Began, 0, 1)
	edge := b.Began.Add(s.End.Sub(b.Began) / 100)
	if !s.Shares(b, edge, false) || s.Shares(b, edge.Add(1), false) {
		t.Error("the slot is not shared until its hundredth, and no longer")
	}
	if s.Shares(b, b.Began, true) {
		t.Error("the oldest shares a slot")
	}
	if s := b.Slot(b.Began, time.Second, 1); s.Shares(b, b.Began, false) {
		t.Error("a slot of its own is shared")
	}
}

func TestSlot_endsWhenTheStopIsForced(t *testing.T) {
	b := Budget{Began: time.Unix(0, 0), Grace: 10 * time.Second}
	s := b.Slot(b.Began, 0, 1)
	forced := b
	forced.Forced = b.Began.Add(time.Second)
	if got := s.Until(forced); got != forced.Forced {
		t.Errorf("until %v, want when it was forced", got.Sub(b.Began))
	}
	if got := s.Until(b.pausedFor(time.Hour)); got != s.End.Add(time.Hour) {
		t.Errorf("a pause of an hour has moved it by %v", got.Sub(s.End))
	}
}

// A thousand can be begun in the last call, whatever they do. For more of them it
// comes earlier.
func TestLastCall_comesEarlierForThoseThatAreManyAndStuck(t *testing.T) {
	b := Budget{Began: time.Unix(0, 0), Grace: 10 * time.Second}
	if got, want := b.Slot(b.Began, time.Hour, manyBehind).End, b.LastCall(); got != want {
		t.Errorf("with a thousand behind it the slot ends at %v, want %v", got.Sub(b.Began), want.Sub(b.Began))
	}
	if got, want := b.Slot(b.Began, time.Hour, 41_000).End.Sub(b.Began), 8500*time.Millisecond; got != want {
		t.Errorf("with forty thousand more it ends at %v, want %v", got, want)
	}
	if got, want := b.Slot(b.Began, time.Hour, 100_000_000).End.Sub(b.Began), 7*time.Second; got != want {
		t.Errorf("whatever the number it ends at %v, want not before %v", got, want)
	}
	now := b.LastCall().Add(-time.Second)
	if got, want := b.Slot(now, 0, 41_000).End.Sub(now), 150*time.Millisecond; got != want {
		t.Errorf("in the last call they have %v, want %v: half of what beginning them leaves", got, want)
	}
}
