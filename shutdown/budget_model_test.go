package shutdown_test

import "time"

// The parts of a grace, as fractions of it, and what does not depend on it.
const (
	actorsReserve   = 5
	lastChanceShare = 20
	lastCallReserve = 20
	callReserve     = 50
	innerMargin     = 100 // of the outer grace, which a manager inside leaves unused
	marginAtMost    = 10  // of what it has

	forcedLasts  = 200 * time.Millisecond
	shortestSlot = time.Millisecond
	sharing      = 100 // those share a slot that begin in its first hundredth
	sameRequest  = 500 * time.Millisecond
	beat         = 100 * time.Millisecond // at which who waits looks at the clock again
)

// A budget is the time of a list: the manager's, or that of a scope.
type budget struct{ began, grace, forced time.Duration }

func (b budget) end() time.Duration { return b.began + b.grace }

func (b budget) actors() time.Duration { return min(b.end()-b.grace/actorsReserve, b.forced) }

func (b budget) abandon() time.Duration {
	return min(b.end()-b.grace/actorsReserve+b.grace/lastChanceShare, b.forced)
}

func (b budget) lastCall() time.Duration {
	return min(b.end()-b.grace/lastCallReserve, b.forced)
}

func (b budget) over() time.Duration {
	over := b.end() - b.grace/callReserve
	if b.forced != never {
		over = min(over, b.forced+forcedLasts)
	}
	return over
}

// waitedUntil is until when those are waited for the last of which was told at
// last.
func (b budget) waitedUntil(last time.Duration) time.Duration {
	if last < b.forced && b.forced != never {
		return b.forced
	}
	return b.over()
}

// A turnTime is the slot of a turn.
type turnTime struct {
	end    time.Duration
	waited bool          // whether the next waits for it
	shared time.Duration // until when another may begin in it; -1: none may
	forced bool          // it began after the stop had been forced
	last   bool          // in the last call
}

// slot returns the slot of what begins at the time now: three quarters of the
// time until the last call, all of it for the oldest, and from then on half of
// what is left.
func (b budget) slot(now, within time.Duration, oldest bool) turnTime {
	s := turnTime{waited: true, shared: -1, forced: b.forced != never}
	left := b.lastCall() - now
	if left <= 0 {
		return b.lastSlot(s, now, within)
	}
	switch {
	case within > 0:
		s.end = min(b.lastCall(), now+within)
	case oldest:
		s.end = b.lastCall()
	default:
		s.end = now + left - left/4
		s.shared = now + (left-left/4)/sharing
	}
	return s
}

func (b budget) lastSlot(s turnTime, now, within time.Duration) turnTime {
	half := (b.over() - now) / 2
	s.last = true
	switch {
	case half < shortestSlot:
		s.end, s.waited = b.over(), false
	case within > 0:
		s.end = min(now+half, now+within)
	default:
		s.end, s.shared = now+half, now+half/sharing
	}
	return s
}

// until is when s ends by b.
func (s turnTime) until(b budget) time.Duration {
	switch {
	case !s.forced && b.forced != never:
		return min(s.end, b.forced)
	case s.last:
		return min(s.end, b.over())
	}
	return min(s.end, b.lastCall())
}

// shares reports whether another may begin in s now.
func (s turnTime) shares(b budget, now time.Duration, oldest bool) bool {
	return (s.last || !oldest) && now <= s.shared && now < s.until(b)
}

// endBy makes b end at the latest at end.
func (b *budget) endBy(end time.Duration) { b.grace = max(0, min(b.grace, end-b.began)) }

// budget returns the time of z. A scope has a grace of its own, and when the stop
// has begun, no more than what is left of that.
func (m *model) budget(z *finalization) budget {
	outer := m.stop()
	switch inner := z.own; {
	case z.owner == nil:
		return outer
	case m.stop().began == never, m.state == stopped && inner.began > m.ending.returned:
		return inner
	case outer.end() < inner.end():
		return outer
	default:
		inner.forced = m.stop().forced
		return inner
	}
}
