package shutdown_test

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// This is the reference model of a stop: what a program made of well-behaved,
// slow, failing and stuck parts must do, to the nanosecond, for a grace of
// 10 s. It knows nothing of goroutines, locks or channels.

// A behaviour is what a part of a program does when it is its turn.
type behaviour int

const (
	returns   behaviour = iota // after its duration
	fails                      // after its duration, with an error
	panics                     // after its duration
	exits                      // after its duration, by Goexit
	obeys                      // when its context, or that of its work, ends
	sticks                     // never
	registers                  // another one, named after itself, then returns
	behaviours
)

func (b behaviour) isFailure() bool { return b == fails || b == panics || b == exits }

// A part is one component of a program.
type part struct {
	name   string
	does   behaviour
	takes  time.Duration
	within time.Duration // finalizers and services; 0: none
}

// unregistered is the name of what was taken off the list before the stop.
const unregistered = "unregistered"

// A program is what the fuzzer makes of its bytes.
type program struct {
	actors []part
	holds  []part // that return, or stick
	list   []part // finalizers, resources and services, oldest first
	scopes []scopePart
	drain  time.Duration // before Stopping; 0: none
	force  time.Duration // when a second Ctrl-C comes; 0: never
}

// A scopePart is a function in a scope: it returns takes after Stopping began,
// and it holds finalizers that return at once. It has a place in the list.
type scopePart struct {
	part
	at    int // its place: before list[at]
	holds []string
}

// An expectation is what the model says of a program.
type expectation struct {
	starts   []string                 // of what is on the list, in order
	at       map[string]time.Duration // when
	returned time.Duration            // when Run returned
	stuck    []string
	failed   []string
}

const never = time.Hour

// The parts of a grace of 10 s.
const (
	actorsUntil  = 8 * time.Second
	abandonedAt  = 8500 * time.Millisecond
	lastCallAt   = 9500 * time.Millisecond
	overAt       = 9800 * time.Millisecond
	forcedLasts  = 200 * time.Millisecond
	shortestSlot = time.Millisecond
)

func (p program) expect() expectation {
	e := expectation{at: make(map[string]time.Duration)}
	ends := make(map[string]time.Duration) // of everything that has begun
	failing := make(map[string]bool)

	// Stopping: until the last actor, hold and scope is over, or time is up.
	limit, workEnds := abandonedAt, actorsUntil
	if p.force > 0 {
		limit, workEnds = min(limit, p.force), min(workEnds, p.force)
	}
	now := p.drain
	for _, part := range slices.Concat(p.actors, p.holds, scopeParts(p.scopes)) {
		end := p.drain + part.takes
		switch part.does {
		case obeys:
			end = workEnds
		case sticks:
			end = never
		}
		ends[part.name], failing[part.name] = end, part.does.isFailure()
		now = max(now, min(end, limit))
	}

	// A scope that is not over by then has what it holds run in its place.
	list := slices.Clone(p.list)
	for _, s := range slices.Backward(slices.SortedStableFunc(slices.Values(p.scopes), func(a, b scopePart) int { return cmp.Compare(a.at, b.at) })) {
		for i, name := range s.holds {
			if ends[s.name] > limit {
				list = slices.Insert(list, s.at+i, part{name: name})
			}
		}
	}

	// Finalizing: newest first; who overstays its slot is overtaken.
	awaited := now
	for len(list) > 0 {
		f := list[len(list)-1]
		list = list[:len(list)-1]
		if f.name == unregistered || strings.HasPrefix(f.name, "closed ") {
			continue
		}
		e.starts, e.at[f.name] = append(e.starts, f.name), now
		slotEnd, waited := p.slot(now, f.within)
		end := now + f.takes
		switch f.does {
		case obeys:
			end = slotEnd
		case sticks:
			end = never
		case registers:
			list = append(list, part{name: f.name + "'"})
		}
		ends[f.name], failing[f.name] = end, f.does.isFailure()
		if p.force > 0 && now < p.force {
			awaited = max(awaited, min(end, p.force)) // force ends the waiting for it
		} else {
			awaited = max(awaited, end)
		}
		if waited {
			now = min(end, slotEnd)
		}
	}
	over := overAt
	if p.force > 0 && p.force <= now {
		over = min(over, p.force+forcedLasts)
	}
	e.returned = max(now, min(awaited, over))

	for name, end := range ends {
		switch {
		case end > e.returned:
			e.stuck = append(e.stuck, name)
		case failing[name]:
			e.failed = append(e.failed, name)
		}
	}
	slices.Sort(e.stuck)
	slices.Sort(e.failed)
	return e
}

// slot returns when the slot of a finalizer ends that starts now, and whether
// the next waits for that.
func (p program) slot(now, within time.Duration) (end time.Duration, waited bool) {
	call, over := lastCallAt, overAt
	forced := p.force > 0 && now >= p.force
	if forced {
		call, over = min(call, p.force), min(over, p.force+forcedLasts)
	}
	end, waited = call, true
	if now >= call {
		half := (over - now) / 2
		end, waited = now+half, half >= shortestSlot
		if !waited {
			end = over
		}
	}
	if within > 0 {
		end = min(end, now+within)
	}
	if p.force > 0 && !forced {
		end = min(end, p.force)
	}
	return end, waited
}

func scopeParts(scopes []scopePart) []part {
	var parts []part
	for _, s := range scopes {
		parts = append(parts, s.part)
	}
	return parts
}
