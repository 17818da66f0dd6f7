package clock

import "time"

// A Slot is the time that one thing on a list has before it is overtaken.
// Others that would have nearly the same may share it.
type Slot struct {
	End    time.Time
	Waited bool // whether the next on the list waits for this one at all

	shared time.Time     // until then another may begin in it; zero if none may
	forced bool          // it is one of a forced stop
	last   bool          // it is one of the last call
	paused time.Duration // of the budget when it began
}

// Slot returns the slot of what begins now, with a number of others behind it on its
// list: three quarters of the time until the last call, so that one flush to a dead
// server leaves some for the rest; the oldest on the list has all of it. From the
// last call on it is half of what is left. A bound of its own, within, if not 0,
// takes the place of the three quarters, shorter or longer, but never beyond the
// last call.
func (b Budget) Slot(now time.Time, within time.Duration, behind int) Slot {
	s := Slot{Waited: true, forced: !b.Forced.IsZero(), paused: b.Paused}
	until, oldest := b.LastCall().Add(-b.beginning(behind)), behind == 0
	left := until.Sub(now)
	switch {
	case left <= 0:
		return b.lastSlot(s, now, within, behind)
	case within > 0:
		s.End = earlier(until, now.Add(within))
	case oldest:
		s.End = until
	default:
		s.End = now.Add(left - left/4)
		s.shared = now.Add((left - left/4) / sharing)
	}
	return s
}

// lastSlot is a slot of the last call.
func (b Budget) lastSlot(s Slot, now time.Time, within time.Duration, behind int) Slot {
	half := (b.Over().Sub(now) - b.beginning(behind)) / 2
	s.last = true
	if half < minSlot {
		s.End, s.Waited = b.Over(), false // nobody waits behind it, so it may have what is left
		return s
	}
	s.End, s.shared = now.Add(half), now.Add(half/sharing)
	if within > 0 {
		s.End, s.shared = earlier(s.End, now.Add(within)), time.Time{}
	}
	return s
}

// beginning is what a number of finalizers need to be begun if each of them is stuck:
// nothing as long as there are a thousand at most, which the last call has room for;
// beyond that the last call comes earlier.
func (b Budget) beginning(behind int) time.Duration {
	return min(b.Grace/beginningShare, time.Duration(max(0, behind-manyBehind))*oneBeginning)
}

// LeastSlot is the slot of what ends first when actors have used up all their
// time.
func LeastSlot(grace, within time.Duration) time.Duration {
	b := Budget{Grace: grace}
	return b.Slot(b.Abandon(), within, 1).End.Sub(b.Abandon())
}

// Moved is when s ends by the budget as it is now if nothing but a pause has
// changed that.
func (s Slot) Moved(b Budget) time.Time { return s.End.Add(b.Paused - s.paused) }

// Until is when s ends by the budget as it is now: a pause has moved it, a stop
// that was forced after it had begun has ended it, and so has the last call of a
// budget that has become shorter.
func (s Slot) Until(b Budget) time.Time {
	end := s.Moved(b)
	switch {
	case !s.forced && !b.Forced.IsZero():
		return earlier(end, b.Forced)
	case s.last:
		return earlier(end, b.Over())
	}
	return earlier(end, b.LastCall())
}

// Shares reports whether something else may begin in s now. Before the last call
// the oldest on a list does not: it has more.
func (s Slot) Shares(b Budget, now time.Time, oldest bool) bool {
	if s.shared.IsZero() || oldest && !s.last {
		return false
	}
	return !now.After(s.shared.Add(b.Paused-s.paused)) && now.Before(s.Until(b))
}
