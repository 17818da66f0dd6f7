package shutdown

import (
	"context"
	"time"

	"github.com/seed7e043c35/lastcall/internal/clock"
)

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

// closeForOwner closes what f stands for, unless that has been done.
func (f *Finalizer) closeForOwner(ctx context.Context) error {
	defer f.closes.Gone()
	if f.closes.IsClosed() {
		return nil
	}
	return callFunc(ctx, f.fn)
}

// leaked warns of a leak, once.
func (f *Finalizer) leaked() {
	e, r := f.engine, f.closes
	err := &LeakError{f.component().public(), r.Type(), time.Since(r.Created()), r.Stack()}
	e.mu.Lock()
	defer e.mu.Unlock()
	if f.reported {
		return
	}
	f.reported = true
	e.ledger.leak(f.component().kind)
	e.ledger.emit(Event{Type: EventLeaked, Took: err.Age, Err: err}, f.component())
}

// A resourceFinalizer is a Finalizer as package resource sees it.
type resourceFinalizer Finalizer

// Close runs f in the calling goroutine, as its owner's closing: there is
// nothing to warn of. A stop that comes to f meanwhile waits for it.
func (rf *resourceFinalizer) Close() (ran bool, err error) {
	f := (*Finalizer)(rf)
	r := f.claimForOwner()
	if r == nil {
		return false, nil
	}
	defer f.closes.Gone()
	defer f.release(r)
	return true, callFunc(f.engine.closing, f.fn)
}

func (f *Finalizer) claimForOwner() *ownRun {
	f.engine.mu.Lock()
	defer f.engine.mu.Unlock()
	if !f.isUntouchedLocked() {
		return nil
	}
	return f.claimLocked(0)
}

// Leaked is called by the runtime when nobody can close the resource any more.
// It does not keep the runtime waiting.
func (rf *resourceFinalizer) Leaked() {
	f := (*Finalizer)(rf)
	if clock.IsFake(f.closes.Created()) {
		return // it was made in a bubble, in which whoever listens may be
	}
	f.engine.mu.Lock()
	defer f.engine.mu.Unlock()
	if f.isUntouchedLocked() {
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
func (e *engine) sweepLocked(l *list) {
	if l.fresh++; l.fresh < sweepEvery {
		return
	}
	steps := 2 * l.fresh // of those that were made where the manager was
	l.fresh = 0
	var seen []*Finalizer
	for range min(steps, l.len) {
		if l.hand == nil {
			l.hand = l.newest
		}
		if f := l.hand; f.closes != nil && !f.asked && clock.IsFake(f.closes.Created()) == clock.IsFake(e.made) {
			seen = append(seen, f)
		}
		l.hand = l.hand.older
	}
	go e.sweep(seen) // ends when it has asked each, or one of them blocks
}

// sweep asks each of seen whether it is closed. One that blocks keeps this
// goroutine, and is not asked again; the others are when the hand comes round.
func (e *engine) sweep(seen []*Finalizer) {
	for _, f := range seen {
		if !f.beginAsking() {
			continue
		}
		attempt(func() { // if it panics, its turn will come, and show what is wrong with it
			if f.closes.IsClosed() {
				f.Unregister()
			}
		})
		e.locked(func() { f.asked = false })
	}
}

func (f *Finalizer) beginAsking() bool {
	f.engine.mu.Lock()
	defer f.engine.mu.Unlock()
	if f.asked || !f.isUntouchedLocked() {
		return false
	}
	f.asked = true
	return true
}
