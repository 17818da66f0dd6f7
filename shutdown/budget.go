package shutdown

import "time"

// DefaultGrace is the grace of a [Manager] whose Grace is 0: inside the 10 s
// that docker stop and Cloud Run allow, with a second for the rest of the
// world.
const DefaultGrace = 9 * time.Second

// The parts of the grace. A stop that hangs everywhere spends it like this,
// with a grace of 10 s:
//
//	0 s        8 s     8.5 s               9.5 s       9.8 s    9.9 s    10 s
//	│ actors   │ their  │ finalizers        │ last call │ queues │ exit   │
//	│ and holds│ last   │                   │           │        │        │
//	│          │ chance │                   │           │        │        │
const (
	actorsReserve   = 5   // actors and holds have until G - G/5
	lastChanceShare = 20  // and G/20 more once WorkContext is cancelled
	lastCallReserve = 20  // the last call is at G - G/20
	callReserve     = 50  // it is over at G - G/50
	queuesReserve   = 100 // the listeners' queues have until G - G/100
	wordsReserve    = 200 // the last words are said by G - G/200
	settleShare     = 20  // and at most G/20 from the end of everything else
	maxDrainShare   = 2   // a drain is at most G/2
)

const (
	forcedCall = 200 * time.Millisecond // the last call of a forced stop
	minSlot    = time.Millisecond       // a shorter slot is not waited for
	inHaste    = 100                    // in the last call those share a slot that begin in its first hundredth
)

// A budget divides a stop's grace among its parts. It is a value: whoever
// holds one sees no later change.
type budget struct {
	began time.Time
	grace time.Duration

	forced time.Time     // when the stop was forced, if it was
	paused time.Duration // how long the process has not been running since; see pause.go
}

// before is reserve before the end of the grace.
func (b budget) before(reserve time.Duration) time.Time {
	return b.began.Add(b.paused + b.grace - reserve)
}

// pausedFor is b after a pause.
func (b budget) pausedFor(d time.Duration) budget {
	b.paused += d
	if !b.forced.IsZero() {
		b.forced = b.forced.Add(d)
	}
	return b
}

// actors is when the actors' and holds' time is used up.
func (b budget) actors() time.Time { return b.before(b.grace / actorsReserve) }

// abandon is when those are left behind that did not stop even then.
func (b budget) abandon() time.Time { return b.actors().Add(b.grace / lastChanceShare) }

// lastCall is when the finalizers that are left begin to be started in haste.
func (b budget) lastCall() time.Time {
	return b.unlessForced(b.before(b.grace/lastCallReserve), 0)
}

// over is when nothing is waited for any more.
func (b budget) over() time.Time {
	return b.unlessForced(b.before(b.grace/callReserve), forcedCall)
}

// queues is when the listeners' time to catch up ends.
func (b budget) queues() time.Time {
	return b.unlessForced(b.before(b.grace/queuesReserve), forcedCall+b.grace/queuesReserve)
}

// lastWords is when whatever is still to be said must be.
func (b budget) lastWords() time.Time { return b.before(b.grace / wordsReserve) }

// end is when the process is gone.
func (b budget) end() time.Time { return b.before(0) }

// unlessForced is t, or delay after the stop was forced if that is earlier.
func (b budget) unlessForced(t time.Time, delay time.Duration) time.Time {
	if b.forced.IsZero() {
		return t
	}
	return earlier(t, b.forced.Add(delay))
}

// A slot is the time that one finalizer has before it is overtaken. Others that
// would have the same may share it.
type slot struct {
	end    time.Time
	shared time.Time // until then another may begin in it; zero if none may
	waited bool      // whether the next finalizer waits for this one at all
	forced bool      // it is one of a forced stop
}

// slot returns the slot of a finalizer that starts now: all the time until the
// last call, and from then on half of what is left. Its own bound within, if
// not 0, can only make it shorter.
func (b budget) slot(now time.Time, within time.Duration) slot {
	s := slot{end: b.lastCall(), waited: true, forced: !b.forced.IsZero()}
	s.shared = s.end
	if !now.Before(s.end) {
		half := b.over().Sub(now) / 2
		s.end, s.waited = now.Add(half), half >= minSlot
		s.shared = now.Add(half / inHaste) // who comes next has nearly the same time
		if !s.waited {
			s.end = b.over() // nobody waits behind it, so it may have what is left
		}
	}
	if within > 0 {
		s.end = earlier(s.end, now.Add(within))
	}
	if within > 0 || !s.waited {
		s.shared = time.Time{}
	}
	return s
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
