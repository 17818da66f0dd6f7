package shutdown

import "time"

// holds are the pieces of work in flight. Their slots are used again, so that
// a hold costs no more than its release function. Those in use are linked in
// the order in which they were taken.
type holds struct {
	epoch       time.Time // ages are measured from here, by the monotonic clock
	slots       []hold
	spare       int32 // the first free slot plus one; 0 if there is none
	first, last int32 // of those in use, plus one
	count       int
}

// A holdKey says which hold is meant, of all that have had its slot.
type holdKey struct {
	slot       int32
	generation int32 // odd; 0 in the zero holdKey, which stands for none
}

type hold struct {
	component
	since      time.Duration // after the epoch
	generation int32         // odd while in use; a release of an older one does nothing
	next, prev int32         // in use, or free, plus one
	named      bool          // an event has said already that it is stuck
}

func (h *holds) take(c component) holdKey {
	if h.epoch.IsZero() {
		h.epoch = time.Now()
	}
	if h.spare == 0 {
		h.slots = append(h.slots, hold{})
		h.spare = int32(len(h.slots))
	}
	i := h.spare
	slot := &h.slots[i-1]
	h.spare = slot.next
	slot.component, slot.since = c, time.Since(h.epoch)
	slot.generation++
	slot.prev, slot.next = h.last, 0
	if h.last > 0 {
		h.slots[h.last-1].next = i
	} else {
		h.first = i
	}
	h.last = i
	h.count++
	return holdKey{i - 1, slot.generation}
}

func (h *holds) free(key holdKey) (freed hold, ok bool) {
	slot := &h.slots[key.slot]
	if slot.generation != key.generation {
		return hold{}, false
	}
	freed = *slot
	if slot.prev > 0 {
		h.slots[slot.prev-1].next = slot.next
	} else {
		h.first = slot.next
	}
	if slot.next > 0 {
		h.slots[slot.next-1].prev = slot.prev
	} else {
		h.last = slot.prev
	}
	slot.component, slot.named = component{}, false
	slot.generation++
	slot.prev, slot.next, h.spare = 0, h.spare, key.slot+1
	h.count--
	return freed, true
}

func (h *holds) began(held hold) time.Time { return h.epoch.Add(held.since) }
