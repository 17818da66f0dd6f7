package clock

import "time"

// The parts of the grace. A stop that hangs everywhere spends it like this,
// with a grace of 10 s:
//
//	0 s        8 s     8.5 s               9.5 s       9.8 s    9.9 s    10 s
//	│ actors   │ their  │ finalizers        │ last call │ queues │ exit   │
//	│ and holds│ last   │                   │           │        │        │
//	│          │ chance │                   │           │        │        │
const (
	actorsReserve   = 5   // actors and holds have until G - G/5
	lastChanceShare = 20  // and G/20 more once their work has been cut
	lastCallReserve = 20  // the last call is at G - G/20
	callReserve     = 50  // it is over at G - G/50
	queuesReserve   = 100 // the listeners' queues have until G - G/100
	wordsReserve    = 200 // the last words are said by G - G/200
	settleShare     = 20  // and the queues at most G/20 from the end of everything else
)

// MaxDrainShare is the part of the grace that a drain may be at most: a half.
const MaxDrainShare = 2

const (
	forcedCall = 200 * time.Millisecond // the last call of a forced stop
	minSlot    = time.Millisecond       // a shorter slot is not waited for
	sharing    = 100                    // those share a slot that begin in its first hundredth

	manyBehind     = 1000
	oneBeginning   = 25 * time.Microsecond // measured: 5 µs on a busy machine; others want the processors at that time
	beginningShare = 4                     // and G/4 for all of them at most
)

// A Budget divides a grace among the parts of a stop. It is a value: whoever
// holds one sees no later change.
type Budget struct {
	Began  time.Time
	Grace  time.Duration
	Forced time.Time     // when the stop was forced; zero if it was not
	Paused time.Duration // how long the process has not been running since it began
}

// before is reserve before the end of the grace.
func (b Budget) before(reserve time.Duration) time.Time {
	return b.Began.Add(b.Paused).Add(b.Grace - reserve)
}

// At is when the part of the grace that d is will have passed.
func (b Budget) At(d time.Duration) time.Time { return b.Began.Add(b.Paused).Add(d) }

// Actors is when the actors' and holds' time is used up.
func (b Budget) Actors() time.Time { return b.unlessForced(b.before(b.Grace/actorsReserve), 0) }

// Abandon is when those are left behind that did not stop even then.
func (b Budget) Abandon() time.Time {
	return b.unlessForced(b.before(b.Grace/actorsReserve).Add(b.Grace/lastChanceShare), 0)
}

// LastCall is when the finalizers that are left begin to have less and less time.
func (b Budget) LastCall() time.Time {
	return b.unlessForced(b.before(b.Grace/lastCallReserve), 0)
}

// Over is when nothing is waited for any more.
func (b Budget) Over() time.Time {
	return b.unlessForced(b.before(b.Grace/callReserve), forcedCall)
}

// Queues is when the listeners' time to catch up ends.
func (b Budget) Queues() time.Time {
	return b.unlessForced(b.before(b.Grace/queuesReserve), forcedCall+b.Grace/queuesReserve)
}

// Settled is when it ends if everything else has ended now.
func (b Budget) Settled(now time.Time) time.Time {
	return earlier(b.Queues(), now.Add(b.Grace/settleShare))
}

// LastWords is when whatever is still to be said must be.
func (b Budget) LastWords() time.Time { return b.before(b.Grace / wordsReserve) }

// End is when the process is gone.
func (b Budget) End() time.Time { return b.before(0) }

// Work is how long actors and holds have when the first drain of it is spent on
// draining.
func Work(grace, drain time.Duration) time.Duration { return grace - grace/actorsReserve - drain }

// LastChance is how long actors have to end once their work has been cut.
func LastChance(grace time.Duration) time.Duration { return grace / lastChanceShare }

// unlessForced is t, or delay after the stop was forced if that is earlier.
func (b Budget) unlessForced(t time.Time, delay time.Duration) time.Time {
	if b.Forced.IsZero() {
		return t
	}
	return earlier(t, b.Forced.Add(delay))
}

// pausedFor is b after a pause.
func (b Budget) pausedFor(d time.Duration) Budget {
	b.Paused += d
	if !b.Forced.IsZero() {
		b.Forced = b.Forced.Add(d)
	}
	return b
}

// endingBy is b, ending at the latest at end: its parts shrink with it.
func (b Budget) endingBy(end time.Time) Budget {
	b.Grace = max(0, min(b.Grace, end.Sub(b.Began)-b.Paused))
	return b
}

// around is b where inner would end later, and otherwise inner, forced as b is.
func (b Budget) around(inner Budget) Budget {
	if b.End().Before(inner.End()) {
		return b
	}
	inner.Forced = b.Forced
	return inner
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
