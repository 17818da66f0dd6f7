package shutdown

import "time"

// Hold marks one piece of work as in flight: a stop waits for release to be
// called before any finalizer runs.
//
// It returns [ErrStopping] once the stop has passed Draining; the work must
// then be refused, not begun, and release does nothing. Release may be called
// from any goroutine, and more than once. Work that outlives its time is told
// so by the end of [Manager.WorkContext] and, if that does not help, named in
// the [Report]; if it is released after that, it has been cut, which is a
// [CutError].
func (m *Manager) Hold(name string) (release func(), err error) {
	m.lock()
	defer m.mu.Unlock()
	if m.state() >= Stopping {
		return func() {}, ErrStopping
	}
	key := m.holds.take(component{kind: KindHold, name: name})
	return func() { m.release(key) }, nil // the one allocation of a hold
}

func (m *Manager) release(key holdKey) {
	m.mu.Lock()
	defer m.mu.Unlock()
	h, ok := m.holds.free(key)
	if !ok || m.state() < Stopping {
		return
	}
	now := time.Now()
	began := m.holds.began(h)
	o := outcome{component: h.component, began: later(began, m.ledger.since(Stopping))}
	o.took = now.Sub(o.began)
	if !m.workOver.IsZero() && began.Before(m.workOver) {
		o.fail(cutError(h.component, verdict{}), failedStatus)
	}
	m.ledger.ended(o)
	m.quietLocked()
}

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
