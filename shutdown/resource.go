package shutdown

import (
	"context"
	"fmt"
	"time"
)

// A LeakError says that a resource was not closed by its owner, who should
// have closed it. It is a warning, not a failure: the manager closes it.
type LeakError struct {
	Component
	Type  string        // of the resource
	Age   time.Duration // since it was created
	Stack string        // where it was created
}

func (e *LeakError) Error() string {
	return fmt.Sprintf("shutdown: %s not closed after %v", e.Component, e.Age.Round(time.Millisecond))
}

// closeResource closes what f stands for, unless its owner has, and warns that
// its owner has not.
func (f *Finalizer) closeResource(ctx context.Context) error {
	defer f.closes.Gone()
	if f.closes.IsClosed() {
		return errClosed
	}
	f.leaked()
	return callFunc(ctx, f.fn)
}

// leaked warns of a leak, once.
func (f *Finalizer) leaked() {
	m, r := f.manager, f.closes
	err := &LeakError{f.component().public(), r.Type(), time.Since(r.Created()), r.Stack()}
	m.lock()
	defer m.mu.Unlock()
	if f.reported {
		return
	}
	f.reported = true
	m.ledger.leak(f.component())
	m.emitLocked(Event{Type: EventLeaked, Took: err.Age, Err: err}, f.component())
}

// A resourceFinalizer is a Finalizer as package resource sees it.
type resourceFinalizer Finalizer

// Close runs f in the calling goroutine, as its owner's closing: there is
// nothing to warn of. A stop that comes to f meanwhile waits for it.
func (rf *resourceFinalizer) Close() (ran bool, err error) {
	f := (*Finalizer)(rf)
	a := &activity{task: task{component: f.component()}}
	if !f.claimFor(a) {
		return false, nil
	}
	defer f.closes.Gone()
	defer f.release(a)
	return true, callFunc(f.manager.closing, f.fn)
}

func (f *Finalizer) claimFor(a *activity) bool {
	f.manager.lock()
	defer f.manager.mu.Unlock()
	if !f.untouchedLocked() {
		return false
	}
	f.running = a
	return true
}

// Leaked is called by the runtime when nobody can close the resource any more.
// It does not keep the runtime waiting.
func (rf *resourceFinalizer) Leaked() {
	f := (*Finalizer)(rf)
	f.manager.lock()
	defer f.manager.mu.Unlock()
	if f.untouchedLocked() {
		go f.leaked() // ends when the warning is queued
	}
}

// Resources that their owner closes are not taken off the list by that: nobody
// tells the manager. A hand goes round the list instead, two entries for each
// resource that is put on it, and takes off what has been closed. What is on
// the list thus stays in proportion to what is open.
const sweepEvery = 64 // resources, so that a goroutine is worth its while

// sweepLocked moves the hand of l along, now and then. What it points at is
// asked in a goroutine of its own: IsClosed is foreign code, and whoever
// registers may hold the lock that it needs.
func (m *Manager) sweepLocked(l *list) {
	if l.fresh++; l.fresh < sweepEvery || l.sweeping {
		return
	}
	steps := 2 * l.fresh
	l.fresh = 0
	var seen []*Finalizer
	for range min(steps, l.len) {
		if l.hand == nil {
			l.hand = l.newest
		}
		if l.hand.closes != nil {
			seen = append(seen, l.hand)
		}
		l.hand = l.hand.older
	}
	l.sweeping = true
	go m.sweep(l, seen) // ends when it has asked each
}

func (m *Manager) sweep(l *list, seen []*Finalizer) {
	defer func() {
		m.lock()
		defer m.mu.Unlock()
		l.sweeping = false
	}()
	for _, f := range seen {
		protect(
			func() error {
				if f.closes.IsClosed() {
					f.Unregister()
				}
				return nil
			},
			func(error) {}, // its turn will come, and show what is wrong with it
		)
	}
}
