package shutdown

import (
	"cmp"
	"slices"
	"time"
)

// named is how many of those that are waited for are told by name; the others are
// counted. The stop of a program that leaks must not be late because it leaks.
const named = 1000

// A roll says who is being waited for: the parts that have begun and not ended, by
// kind, and the holds. It is guarded by the engine's mu.
type roll struct {
	actors  crowd
	holds   holds
	scopes  crowd
	running crowd // finalizers that run, and services that have been told to stop
}

// A waiting is something that is being waited for, as it was when somebody asked.
type waiting struct {
	component
	id    uint64 // the label of its goroutines; 0 if they are not the manager's
	part  *part  // nil of a hold
	key   holdKey
	began time.Time     // when it was told to end, or began if that was later
	took  time.Duration // since then
	age   time.Duration // of a hold or scope: since it began
}

// error returns what there is to say of w if it is stuck.
func (w waiting) error(stacks map[uint64]string) *StuckError {
	running := w.took
	if w.kind == KindHold || w.kind == KindScope {
		running = w.age
	}
	return &StuckError{w.public(), running, stacks[w.id]}
}

// waiting returns what is being waited for, since told or later, by kind and in the order in
// which it began, but not more than named.
func (r *roll) waiting(told time.Time) []waiting {
	now := time.Now()
	var all []waiting
	add := func(c *crowd) {
		for p := c.first; p != nil && len(all) < named; p = p.next {
			if p.kind != KindNone { // a runner between two finalizers
				all = append(all, newWaiting(p, told, now))
			}
		}
	}
	add(&r.actors)
	for i := r.holds.first; i > 0 && len(all) < named; i = r.holds.slots[i-1].next {
		h := &r.holds.slots[i-1]
		began := r.holds.began(*h)
		w := waiting{component: h.component, key: holdKey{i - 1, h.generation}, began: later(began, told), age: now.Sub(began)}
		w.took = now.Sub(w.began)
		all = append(all, w)
	}
	add(&r.scopes)
	add(&r.running)
	slices.SortStableFunc(all, func(a, b waiting) int { // they may have begun in another order than they were given in
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.id, b.id))
	})
	return all
}

func newWaiting(p *part, told, now time.Time) waiting {
	began := later(later(p.began, p.told), told)
	return waiting{component: p.component, id: p.id, part: p, began: began, took: now.Sub(began), age: now.Sub(p.began)}
}

// isWaitedFor reports whether w, which was being waited for, still is.
func (r *roll) isWaitedFor(w waiting) bool {
	if w.part != nil {
		return !w.part.over && w.part.crowd != nil
	}
	return r.holds.slots[w.key.slot].generation == w.key.generation
}

// crowded returns how many are being waited for.
func (r *roll) crowded() int {
	return r.actors.len + r.holds.count + r.scopes.len + r.running.len
}

// name notes that an event has said that w is stuck, and reports whether
// one had before.
func (r *roll) name(w waiting) (before bool) {
	var flag *bool
	if w.part != nil {
		flag = &w.part.named
	} else {
		flag = &r.holds.slots[w.key.slot].named
	}
	before, *flag = *flag, true
	return before
}
