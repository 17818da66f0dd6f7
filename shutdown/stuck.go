package shutdown

import (
	"bytes"
	"runtime/pprof"
	"strconv"
	"time"
)

// Who is still being waited for is said after a third of the grace, and after
// two thirds once more with stacks, in case the supervisor kills us first.
const reminders = 3

func (m *Manager) remindLocked() {
	for i := 1; i < reminders; i++ {
		at := m.budget.grace * time.Duration(i) / reminders
		m.reminders = append(m.reminders, time.AfterFunc(at, func() { m.remind(i == reminders-1) }))
	}
}

func (m *Manager) stopRemindersLocked() {
	for _, timer := range m.reminders {
		timer.Stop()
	}
	m.pulse.Stop()
}

func (m *Manager) remind(withStacks bool) {
	m.lock()
	if m.state < Stopping || m.state == Stopped {
		m.mu.Unlock()
		return
	}
	waiting := m.stuckLocked()
	if !withStacks {
		for _, t := range waiting {
			m.emitLocked(Event{Type: EventWaiting, Took: m.runningFor(t)}, t.component)
		}
	}
	m.mu.Unlock()
	if withStacks {
		m.say(EventWaiting, waiting)
	}
}

// say emits an event for each task with the stacks of its goroutines.
func (m *Manager) say(what EventType, tasks []*task) {
	if len(tasks) == 0 {
		return
	}
	stacks := stacksOf(tasks)
	asked := make(map[*task]bool, len(tasks))
	for _, t := range tasks {
		asked[t] = true
	}
	m.lock()
	defer m.mu.Unlock()
	m.stacks = stacks
	if m.state == Stopped {
		return // the end has said it already
	}
	for _, t := range m.stuckLocked() {
		if !asked[t] {
			continue // or it has returned meanwhile
		}
		t.named = t.named || what == EventStuck
		m.emitLocked(Event{Type: what, Took: m.runningFor(t), Err: m.stuckError(t, stacks)}, t.component)
	}
}

// keepStacksLocked looks for the stacks of what is stuck, in case the end leaves
// no time for that: with a hundred thousand goroutines it takes 100 ms.
func (m *Manager) keepStacksLocked() {
	if m.looking {
		return
	}
	m.looking = true
	stuck := m.stuckLocked()
	go func() { // ends when the stacks have been found
		stacks := stacksOf(stuck)
		m.lock()
		defer m.mu.Unlock()
		m.stacks, m.looking = stacks, false
	}()
}

// conclude records what is still running at the end, and enters Stopped.
func (m *Manager) conclude() {
	m.lock()
	stuck := m.stuckLocked()
	m.mu.Unlock()
	var stacks map[uint64]string
	if len(stuck) > 0 {
		stacks = m.stacksInTime(stuck)
	}
	m.lock()
	defer m.mu.Unlock()
	for _, t := range m.stuckLocked() { // without those that have returned meanwhile
		err := m.stuckError(t, stacks)
		took := m.runningFor(t)
		o := outcome{component: t.component, began: time.Now().Add(-took), took: took, err: err}
		m.ledger.record(o)
		if !t.named {
			m.emitLocked(Event{Type: EventStuck, Took: o.took, Err: o.err}, o.component)
		}
	}
	m.enterLocked(Stopped)
}

// stacksInTime is stacksOf, or what that found the last time if it takes so long
// that the end is near.
func (m *Manager) stacksInTime(tasks []*task) map[uint64]string {
	found := make(chan map[uint64]string, 1) // buffered: nobody may be waiting any more
	done := make(chan struct{})
	go func() { // ends when the stacks have been found
		defer close(done)
		found <- stacksOf(tasks)
	}()
	await(done, m.currentBudget().queues(), nil)
	m.lock()
	defer m.mu.Unlock()
	select {
	case stacks := <-found:
		return stacks
	default:
		return m.stacks
	}
}

// stuckError returns what there is to say of t now.
func (m *Manager) stuckError(t *task, stacks map[uint64]string) *StuckError {
	running := m.runningFor(t)
	if t.kind == KindHold || t.kind == KindScope {
		running = time.Since(t.since) // of work, its age
	}
	return &StuckError{t.component.public(), running, stacks[t.id]}
}

// runningFor is how long t has been running since it was told to end, or since
// it began if that was later.
func (m *Manager) runningFor(t *task) time.Duration {
	return time.Since(later(t.since, m.ledger.entered[Stopping]))
}

// idLabel is the label by which the goroutines of a task are found.
const idLabel = "lastcall"

// stacksOf returns, by task, the stacks of the goroutines that the manager
// started for it and of those that they started in turn.
//
// It reads a goroutine profile, which stops the world only for a moment,
// whatever the number of goroutines; a dump of all stacks was seen to stop it
// for half a second.
func stacksOf(tasks []*task) map[uint64]string {
	wanted := make(map[uint64]bool)
	for _, t := range tasks {
		wanted[t.id] = t.id != 0
	}
	var profile bytes.Buffer
	_ = pprof.Lookup("goroutine").WriteTo(&profile, 1) // a Buffer never fails
	stacks := make(map[uint64]string)
	for block := range bytes.SplitSeq(profile.Bytes(), []byte("\n\n")) {
		if id := labelOf(block); wanted[id] {
			stacks[id] += stackOf(block)
		}
	}
	return stacks
}

// labelOf returns the task to which a stack in a goroutine profile belongs.
func labelOf(block []byte) uint64 {
	_, labels, _ := bytes.Cut(block, []byte("\n# labels: "))
	labels, _, _ = bytes.Cut(labels, []byte("\n"))
	_, value, found := bytes.Cut(labels, []byte(strconv.Quote(idLabel)+`:"`))
	if !found {
		return 0
	}
	number, _, _ := bytes.Cut(value, []byte(`"`))
	id, _ := strconv.ParseUint(string(number), 10, 64)
	return id
}
