package clock

import (
	"runtime"
	"sync/atomic"
	"time"
)

// The clock of a stop stands still while the process does: stopped by Ctrl-Z or
// a debugger, frozen with its container, or without a processor. Otherwise a
// pause of the length of the grace would end, at the moment at which it is
// continued, a program that has not been able to do anything.
//
// Nobody tells a process that it has been paused. It notices by the gap between
// two looks at the clock, since whoever waits looks at each beat.
const (
	beat    = 100 * time.Millisecond
	missing = 500 * time.Millisecond // without a look, and it was a pause
)

// A Clock tells the budget of one stop, or of the end of one list. The zero
// Clock has not begun. All methods may be called from any goroutine; none takes
// a lock.
type Clock struct {
	outer *Clock                                // that of the stop around; nil if there is none
	bound func(began time.Time) (end time.Time) // if not nil: when it ends at the latest
	state atomic.Pointer[state]
	look  atomic.Int64 // when somebody looked last, after the beginning
}

// A state is never changed, only replaced by the next.
type state struct {
	Budget
	over    time.Time     // when the stop was over; zero before
	noticed int64         // the look that has noticed the last pause
	changed chan struct{} // closed when the state is replaced
}

// Inside returns a clock for something that ends inside of what outer tells the
// time of: it has grace from began on, but when outer has begun, its end is
// the end of this one too, and it is forced when outer is.
func Inside(outer *Clock, began time.Time, grace time.Duration) *Clock {
	c := &Clock{outer: outer}
	c.Begin(began, grace)
	return c
}

// Bound makes the clock end at the latest when by says, which is asked at each look
// for the bound of what began then, and says zero as long as there is none. By must
// take no lock. Bound must be called before the clock begins.
func (c *Clock) Bound(by func(began time.Time) (end time.Time)) { c.bound = by }

// Begin begins with a grace, at the time now, and reports whether this call did:
// a clock begins once.
func (c *Clock) Begin(now time.Time, grace time.Duration) bool {
	return c.state.CompareAndSwap(nil, &state{Budget: Budget{Began: now, Grace: grace}, changed: make(chan struct{})})
}

// Begun reports whether the clock has begun.
func (c *Clock) Begun() bool { return c.state.Load() != nil }

// Force makes now the last call.
func (c *Clock) Force(now time.Time) {
	c.notice(now) // a pause that is over must not move what comes after it
	c.change(func(s *state) bool {
		forced := s.Forced.IsZero()
		if forced {
			s.Forced = now
		}
		return forced
	})
}

// EndBy makes the clock end at the latest at end.
func (c *Clock) EndBy(end time.Time) {
	c.notice(time.Now()) // a pause that is over must not move end
	c.change(func(s *state) bool {
		shorter := end.Before(s.End())
		s.Budget = s.endingBy(end)
		return shorter
	})
}

// Stop says that the stop is over: what begins later has a time of its own.
func (c *Clock) Stop(now time.Time) {
	c.change(func(s *state) bool { s.Budget, s.over = c.bounded(s), now; return true })
}

// change replaces the state by a changed one, and wakes those who wait, unless
// change says that there is nothing to change or the clock has not begun.
func (c *Clock) change(change func(*state) bool) {
	for {
		old := c.state.Load()
		if old == nil {
			return
		}
		next := *old
		if !change(&next) {
			return
		}
		next.changed = make(chan struct{})
		if c.state.CompareAndSwap(old, &next) {
			close(old.changed)
			return
		}
	}
}

// Budget returns the budget as it is now; the zero Budget if the clock has not
// begun. Whoever acts by the clock looks at it here, so that nobody takes a
// pause for time in which something could have ended: when the process is
// continued, all that was due meanwhile happens at once.
func (c *Clock) Budget() Budget { return c.BudgetAt(time.Now()) }

// BudgetAt is Budget for who knows the time already.
func (c *Clock) BudgetAt(now time.Time) Budget {
	b, _ := c.at(now)
	return b
}

// Look returns the budget and the time by which that is so.
func (c *Clock) Look() (Budget, time.Time) {
	now := time.Now()
	b, _ := c.at(now)
	return b, now
}

// changes are closed when the budget of a clock changes: by itself, or by the one
// around it.
type changes [2]<-chan struct{}

// at returns the budget at the time now, and when to look again.
func (c *Clock) at(now time.Time) (Budget, changes) {
	c.notice(now)
	s := c.state.Load()
	switch {
	case s == nil:
		return Budget{}, changes{}
	case c.outer == nil:
		return c.bounded(s), changes{s.changed}
	}
	return c.outer.limit(s, now)
}

// bounded is the budget of s, ending when the bound says.
func (c *Clock) bounded(s *state) Budget {
	if c.bound == nil || !s.over.IsZero() {
		return s.Budget
	}
	if end := c.bound(s.Began); !end.IsZero() {
		return s.endingBy(end)
	}
	return s.Budget
}

// limit returns the budget of what is inside of c, and when to look again.
func (c *Clock) limit(inner *state, now time.Time) (Budget, changes) {
	b, changed := c.at(now)
	outer := c.state.Load()
	if outer == nil {
		return inner.Budget, changes{inner.changed} // that c begins is seen at the next beat
	}
	both := changes{inner.changed, changed[0]}
	switch {
	case !outer.over.IsZero() && inner.Began.After(outer.over):
		return inner.Budget, both
	case !b.Forced.IsZero(), b.End().Before(inner.End()):
		return b.around(inner.Budget), both
	}
	return inner.Budget, both
}

// notice notes that somebody looks at the clock now, and that there has been a
// pause if nobody has for too long.
func (c *Clock) notice(now time.Time) {
	s := c.state.Load()
	if s == nil || !s.over.IsZero() {
		return
	}
	since, last := int64(now.Sub(s.Began)), c.look.Load()
	if gap := time.Duration(since - last); gap >= missing {
		c.change(func(s *state) bool {
			mine := s.noticed <= last // otherwise somebody else has noticed it
			if mine {
				s.Budget, s.noticed = s.pausedFor(gap-beat), since // one beat it may have been alive
			}
			return mine
		})
	}
	for last < since && !c.look.CompareAndSwap(last, since) { // only now: who sees this look must see the pause
		last = c.look.Load()
	}
}

// Await waits for done until the time that the budget says, looking again
// whenever that may have changed, and reports whether done was closed. When
// both happen at the same instant, done wins.
func (c *Clock) Await(done <-chan struct{}, until func(Budget) time.Time) bool {
	left, changed := c.left(until)
	if left <= 0 {
		return closedNow(done)
	}
	timer := time.NewTimer(min(left, beat))
	defer timer.Stop()
	for {
		select {
		case <-done:
			return true
		case <-timer.C:
		case <-changed[0]:
		case <-changed[1]:
		}
		if left, changed = c.left(until); left <= 0 {
			return closedNow(done)
		}
		timer.Reset(min(left, beat))
	}
}

// left returns how long it is until the time that the budget says, and when to look
// again.
func (c *Clock) left(until func(Budget) time.Time) (time.Duration, changes) {
	now := time.Now()
	b, changed := c.at(now)
	return until(b).Sub(now), changed
}

// closedNow reports whether done is closed, or is being closed at this instant:
// whoever obeys a deadline is let through before the door is shut. It yields to
// others for a millisecond at most.
func closedNow(done <-chan struct{}) bool {
	began := time.Now()
	if IsFake(began) {
		return closedOnceAllWait(done)
	}
	for !isClosed(done) && time.Since(began) < time.Millisecond {
		runtime.Gosched()
	}
	return isClosed(done)
}

// IsFake reports whether t is a time of a bubble of testing/synctest, whose clock
// begins in 2000.
func IsFake(t time.Time) bool { return t.Before(oldest) }

// oldest is before everything that happens outside of bubbles.
var oldest = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

// closedOnceAllWait reports whether done is closed when everybody else in the bubble
// has done what there is to do at this instant. Time stands still until then, and
// timers run only when all wait: also those that are due at once.
func closedOnceAllWait(done <-chan struct{}) bool {
	idle := make(chan struct{})
	timer := time.AfterFunc(time.Hour, func() { close(idle) })
	defer timer.Stop()
	timer.Reset(0) // one that is made for now does not wait for that
	select {
	case <-done:
	case <-idle:
	}
	return isClosed(done)
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
