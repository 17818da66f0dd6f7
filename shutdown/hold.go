package shutdown

import (
	"time"
)

// Hold marks one piece of work as in flight: a stop waits for release to be
// called before any finalizer runs.
//
// It returns [ErrStopping] once the stop has passed Draining; the work must
// then be refused, not begun, and release does nothing. Release may be called
// from any goroutine, and more than once. Work that outlives its time is told
// so by the end of [Manager.WorkContext] and, if that does not help, named in
// the [Report].
func (m *Manager) Hold(name string) (release func(), err error) {
	m.lock()
	defer m.mu.Unlock()
	if m.state >= Stopping {
		return func() {}, ErrStopping
	}
	key := m.holds.take(component{kind: KindHold, name: name})
	return func() { m.release(key) }, nil // the one allocation of a hold
}

func (m *Manager) release(key holdKey) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.releaseLocked(key)
}

func (m *Manager) releaseLocked(key holdKey) {
	h, ok := m.holds.free(key)
	if !ok {
		return
	}
	if m.state >= Stopping {
		now := time.Now()
		began := later(m.holds.began(h), m.ledger.entered[Stopping])
		m.recordLocked(outcome{component: h.component, began: began, took: now.Sub(began)})
		m.quietLocked()
	}
}

// holds are the pieces of work in flight. Their slots are used again, so that
// a hold costs no more than its release function.
type holds struct {
	epoch time.Time // ages are measured from here, by the monotonic clock
	slots []hold
	spare int32 // the first free slot plus one; 0 if there is none
	count int
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
	next       int32         // the next free slot plus one
	task       *task         // made when it is first named
	closing    bool          // a scope that runs its finalizers, which are named themselves
}

func (h *holds) take(c component) holdKey {
	if h.epoch.IsZero() {
		h.epoch = time.Now()
	}
	if h.spare == 0 {
		h.slots = append(h.slots, hold{})
		h.spare = int32(len(h.slots))
	}
	i := h.spare - 1
	slot := &h.slots[i]
	h.spare = slot.next
	h.count++
	slot.component, slot.since = c, time.Since(h.epoch)
	slot.generation++
	return holdKey{i, slot.generation}
}

func (h *holds) free(key holdKey) (freed hold, ok bool) {
	if key == (holdKey{}) {
		return hold{}, false
	}
	slot := &h.slots[key.slot]
	if slot.generation != key.generation {
		return hold{}, false
	}
	freed = *slot
	slot.component, slot.task, slot.closing = component{}, nil, false
	slot.generation++
	slot.next, h.spare = h.spare, key.slot+1
	h.count--
	return freed, true
}

// closing says that key, if it is not zero, is a scope whose function has ended.
func (h *holds) closing(key holdKey) {
	if key != (holdKey{}) {
		h.slots[key.slot].closing = true
	}
}

func (h *holds) began(held hold) time.Time { return h.epoch.Add(held.since) }

// tasks returns what is held now, without what is named by what it waits for.
func (h *holds) tasks() []*task {
	var tasks []*task
	for i := range h.slots {
		slot := &h.slots[i]
		if slot.generation%2 == 0 || slot.closing {
			continue
		}
		if slot.task == nil {
			slot.task = &task{component: slot.component, since: h.began(*slot)}
		}
		tasks = append(tasks, slot.task)
	}
	return tasks
}
