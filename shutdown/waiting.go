package shutdown

import (
	"bytes"
	"cmp"
	"runtime"
	"slices"
	"strconv"
	"time"

	"github.com/seed7e043c35/lastcall/internal/clock"
)

// named is how many of those that are waited for are told by name; the others are
// counted. The stop of a program that leaks must not be late because it leaks.
const named = 1000

// firstReminder is when, at the latest, it is first said who is being waited for.
const firstReminder = 30 * time.Second

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

// waitingLocked returns what is being waited for, by kind and in the order in
// which it began, but not more than named.
func (m *Manager) waitingLocked() []waiting {
	now, told := time.Now(), m.ledger.since(Stopping)
	var all []waiting
	add := func(c *crowd) {
		for p := c.first; p != nil && len(all) < named; p = p.next {
			if p.kind != KindNone { // a runner between two finalizers
				all = append(all, newWaiting(p, told, now))
			}
		}
	}
	add(&m.actors)
	for i := m.holds.first; i > 0 && len(all) < named; i = m.holds.slots[i-1].next {
		h := &m.holds.slots[i-1]
		began := m.holds.began(*h)
		w := waiting{component: h.component, key: holdKey{i - 1, h.generation}, began: later(began, told), age: now.Sub(began)}
		w.took = now.Sub(w.began)
		all = append(all, w)
	}
	add(&m.scopes)
	add(&m.running)
	slices.SortStableFunc(all, func(a, b waiting) int { // they may have begun in another order than they were given in
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.id, b.id))
	})
	return all
}

// queuedLocked returns what waits for Run, newest first, but not more than a report
// tells of.
func (m *Manager) queuedLocked() (all []waiting) {
	for _, a := range slices.Backward(m.queued) {
		if len(all) < waitingKept {
			all = append(all, waiting{component: a.component})
		}
	}
	for f := m.root.list.newest; f != nil && len(all) < waitingKept; f = f.older {
		all = append(all, waiting{component: f.component()})
	}
	return all
}

func newWaiting(p *part, told, now time.Time) waiting {
	began := later(later(p.began, p.told), told)
	return waiting{component: p.component, id: p.id, part: p, began: began, took: now.Sub(began), age: now.Sub(p.began)}
}

// stillWaitingLocked reports whether w, which was being waited for, still is.
func (m *Manager) stillWaitingLocked(w waiting) bool {
	if w.part != nil {
		return !w.part.over && w.part.crowd != nil
	}
	return m.holds.slots[w.key.slot].generation == w.key.generation
}

// crowdedLocked returns how many are being waited for.
func (m *Manager) crowdedLocked() int {
	return m.actors.len + m.holds.count + m.scopes.len + m.running.len
}

// remind says who is still being waited for after a third of the grace, or half a
// minute if that is less, and then at intervals twice as long each; the last
// time with stacks, in case the supervisor kills us first.
func (m *Manager) remind() {
	grace := m.clock.Budget().Grace
	for after := min(grace/3, firstReminder); after > 0 && after < grace; after *= 2 {
		if m.clock.Await(m.done, func(b clock.Budget) time.Time { return b.At(after) }) {
			return
		}
		last := after >= grace/2
		m.remindOf(last)
	}
}

func (m *Manager) remindOf(withStacks bool) {
	m.lock()
	if m.state() < Stopping || m.state() == Stopped {
		m.mu.Unlock()
		return
	}
	all := m.waitingLocked()
	if !withStacks {
		for _, w := range all {
			m.ledger.emit(Event{Type: EventWaiting, Took: w.took}, w.component)
		}
	}
	m.mu.Unlock()
	if withStacks {
		m.say(EventWaiting, all)
	}
}

// say emits an event for each of all with the stacks of its goroutines.
func (m *Manager) say(what EventType, all []waiting) {
	if len(all) == 0 {
		return
	}
	found := m.finder.find(all)
	m.lock()
	defer m.mu.Unlock()
	if m.state() == Stopped {
		return // the end has said it already
	}
	for _, w := range all {
		if !m.stillWaitingLocked(w) {
			continue // it has returned meanwhile
		}
		if what == EventStuck {
			m.nameLocked(w)
		}
		w.took, w.age = time.Since(w.began), w.age+time.Since(w.began)-w.took
		m.ledger.emit(Event{Type: what, Took: w.took, Err: w.error(found)}, w.component)
	}
}

// nameLocked notes that an event has said that w is stuck, and reports whether
// one had before.
func (m *Manager) nameLocked(w waiting) (before bool) {
	var flag *bool
	if w.part != nil {
		flag = &w.part.named
	} else {
		flag = &m.holds.slots[w.key.slot].named
	}
	before, *flag = *flag, true
	return before
}

// conclude records what is still running at the end, and enters Stopped.
func (m *Manager) conclude() {
	m.lock()
	all := m.waitingLocked()
	m.mu.Unlock()
	found := m.finder.inTime(all, &m.clock)
	m.lock()
	defer m.mu.Unlock()
	for _, w := range all { // without those that have returned meanwhile
		if m.stillWaitingLocked(w) {
			m.stuckLocked(w, found, true)
		}
	}
	if more := m.crowdedLocked() - named; more > 0 {
		m.ledger.addMore(more)
		m.ledger.worst.Raise(stuckStatus)
	}
	m.enterLocked(Stopped)
}

// stuckLocked records that w is stuck.
func (m *Manager) stuckLocked(w waiting, found map[uint64]string, decides bool) error {
	o := outcome{component: w.component, began: w.began, took: time.Since(w.began), aside: !decides}
	o.fail(w.error(found), stuckStatus)
	if !m.nameLocked(w) {
		m.ledger.emit(Event{Type: EventStuck, Took: o.took, Err: o.err}, o.component)
	}
	m.ledger.note(o)
	return o.err
}

// stillRunning returns an error for each of the parts of a scope that go on
// although its time is up, for whoever called Scope. While a stop lasts, that
// will say itself which of them are stuck.
func (m *Manager) stillRunning(parts []*part) (errs []error) {
	m.lock()
	var all []waiting
	for _, p := range parts {
		if !p.over && len(all) < named {
			all = append(all, newWaiting(p, time.Time{}, time.Now()))
		}
	}
	inStop := m.state() >= Stopping && m.state() < Stopped
	m.mu.Unlock()
	if len(all) == 0 {
		return nil
	}
	found := m.finder.find(all)
	m.lock()
	defer m.mu.Unlock()
	for _, w := range all {
		if inStop {
			errs = append(errs, w.error(found))
		} else {
			errs = append(errs, m.stuckLocked(w, found, false))
			w.part.leaveCrowdLocked() // it has been told of: to a stop that comes later it is nothing new
		}
	}
	return errs
}

// yieldIfLate lets others go first if ctx, of something that is being started,
// has ended. Something that starts another of its kind and returns, for ever,
// would otherwise keep the only processor from the stop: a goroutine that is
// started by one that ends comes before all that are waiting for their turn.
func yieldIfLate(ctx interface{ Err() error }) {
	if ctx.Err() != nil {
		runtime.Gosched()
	}
}

// goroutineID returns the number of the calling goroutine, as stack traces
// show it. It serves only to tell a call from inside from one from outside.
func goroutineID() uint64 {
	var buf [64]byte
	text := bytes.TrimPrefix(buf[:runtime.Stack(buf[:], false)], []byte("goroutine "))
	number, _, _ := bytes.Cut(text, []byte(" "))
	id, _ := strconv.ParseUint(string(number), 10, 64)
	return id
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
