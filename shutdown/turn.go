package shutdown

import (
	"context"
	"time"

	"github.com/seed7e043c35/lastcall/internal/clock"
)

// A finalization ends what is on the list of one scope, newest first and one at
// a time: the manager's own, a service's or a function's. Each turn has a slot.
// What has not ended when its slot does is overtaken: the next is begun while it
// goes on, and it is waited for at the end.
type finalization struct {
	scope  *scope
	clock  *clock.Clock    // tells the time of the list
	values context.Context // whose values the finalizers' contexts have

	slot clock.Slot // of the last turn; the next may share it

	// guarded by the engine's mu
	unwaited []waited // whose slots end with the time of the list
}

// What is on a list says itself how it ends.
type waited interface {
	self() *part
	tellLocked(*turn)           // its turn has come
	cutLocked()                 // its slot has ended: this ends what it obeys
	overtakenLocked() (on bool) // it has not returned even so; whether it goes on at all
}

// A turn is what a list is at: one thing, or some that are waited for together.
type turn struct {
	*finalization
	slot  clock.Slot
	group []waited

	single [1]waited // is the group, mostly: a scope should cost little
}

// run returns when everything has been begun and has ended, or time is up. It
// returns what goes on even then.
func (z *finalization) run() (on []*part) {
	for more := true; more; more = z.awaitOvertaken() {
		for t := z.next(); t != nil; t = z.next() {
			t.take()
		}
	}
	if len(z.scope.list.overtaken) > 0 {
		z.engine().locked(func() { cutLocked(z.unwaited) })
	}
	return z.scope.list.overtaken
}

func (z *finalization) engine() *engine { return z.scope.engine }

// next returns the turn of what is newest on the list; nil if there is nothing.
func (z *finalization) next() *turn {
	e := z.engine()
	if z.isAtItsOldest() && z.scope == &e.root {
		e.ledger.hearOutTheLog()
	}
	b, now := z.clock.Look()
	e.mu.Lock()
	defer e.mu.Unlock()
	if !now.Before(b.Over()) {
		z.scope.list.closed = true // what is on it is begun; it must not grow for ever
	}
	f := z.newestLocked()
	if f == nil {
		return nil
	}
	group, last := groupLocked(f)
	if f.within > 0 || !z.slot.Shares(b, now, last.older == nil) {
		z.slot = b.Slot(now, f.within, z.scope.list.len-max(1, len(group)))
	}
	t := &turn{finalization: z, slot: z.slot, group: group}
	if group == nil {
		z.scope.runner = newRunner(t)
		t.single[0] = z.scope.runner
		t.group = t.single[:]
	}
	for _, w := range t.group {
		w.self().told = now
		w.self().awaitedLocked()
		w.tellLocked(t)
	}
	return t
}

func (z *finalization) isAtItsOldest() bool {
	e := z.engine()
	e.mu.Lock()
	defer e.mu.Unlock()
	return z.scope.list.len == 1
}

// newestLocked returns what is to end next. Where that would be a scope that has
// had its time, what the scope still holds takes its place.
func (z *finalization) newestLocked() *Finalizer {
	l := &z.scope.list
	for f := l.newest; f != nil; f = l.newest {
		s, ok := f.fn.(*scope)
		if !ok || !s.hadItsTimeLocked() {
			return f
		}
		s.told = time.Now()
		if s.overtakenLocked() {
			l.waitAtTheEndLocked(&s.part)
		}
	}
	return nil
}

// groupLocked returns what is waited for together in the turn of f, down to the
// entry last: scopes that are next to each other. It returns nil if f is simply
// called.
func groupLocked(f *Finalizer) (group []waited, last *Finalizer) {
	switch w := f.fn.(type) {
	case *scope:
		for ok := true; ok && !w.hadItsTimeLocked(); w, ok = nextScope(last) {
			group, last = append(group, w), w.entry
		}
		return group, last
	case waited:
		return []waited{w}, f
	}
	if f.running != nil {
		return []waited{f.running}, f
	}
	return nil, f
}

// nextScope returns the scope whose entry is next to f, if it is one.
func nextScope(f *Finalizer) (s *scope, ok bool) {
	if f.older == nil {
		return nil, false
	}
	s, ok = f.older.fn.(*scope)
	return s, ok
}

// end returns when the slot of t ends, unless the stop is forced before: what is
// inside has its own share of that.
func (t *turn) end() time.Time { return t.slot.Moved(t.clock.Budget()) }

// until returns when the slot of t ends.
func (t *turn) until() time.Time { return t.slot.Until(t.clock.Budget()) }

// take returns when what the turn is about has ended or been overtaken.
func (t *turn) take() {
	for _, w := range t.group {
		if r, ok := w.(*runner); ok {
			r.start()
		}
	}
	if t.slot.Waited && t.ended() {
		return
	}
	e := t.engine()
	if t.slot.Waited {
		e.locked(func() { cutLocked(t.group) })
		if t.ended() { // who obeys at the very end of the slot has obeyed
			return
		}
	}
	e.locked(t.overtakeLocked)
}

// ended waits for the end of everything in the turn, until the slot ends, and
// reports whether it came.
func (t *turn) ended() bool {
	for _, w := range t.group {
		if !t.clock.Await(w.self().done, t.slot.Until) {
			return false
		}
	}
	return true
}

// cutLocked ends what those obey that have not ended.
func cutLocked(group []waited) {
	for _, w := range group {
		if !w.self().over {
			w.cutLocked()
		}
	}
}

// overtakeLocked gives up waiting for what has not ended.
func (t *turn) overtakeLocked() {
	for _, w := range t.group {
		p := w.self()
		if p.over || !w.overtakenLocked() {
			continue
		}
		t.scope.list.waitAtTheEndLocked(p)
		if t.slot.Waited {
			e := t.engine()
			e.finder.keep(e.waitingLocked())
			e.ledger.emit(Event{Type: EventOvertaken, Took: time.Since(p.told)}, p.component)
		} else {
			t.unwaited = append(t.unwaited, w)
		}
	}
}

// awaitOvertaken waits for what has been overtaken and reports whether there
// is more to run. If it reports that there is not, the list is closed.
func (z *finalization) awaitOvertaken() (more bool) {
	for {
		news, until, more := z.look()
		if news == nil {
			return more
		}
		z.clock.Await(news, until)
	}
}

// look returns until when, and on what, to wait for those that have been
// overtaken. If nobody is to be waited for, or something is on the list, news is
// nil.
func (z *finalization) look() (news <-chan struct{}, until func(clock.Budget) time.Time, more bool) {
	e := z.engine()
	b, now := z.clock.Look()
	e.mu.Lock()
	defer e.mu.Unlock()
	if z.scope.list.newest != nil {
		return nil, nil, true
	}
	last := z.lastOvertakenLocked()
	if last.IsZero() || !now.Before(waitedUntil(b, last)) {
		z.scope.list.closed = true
		return nil, nil, false
	}
	return z.scope.list.newsLocked(), func(b clock.Budget) time.Time { return waitedUntil(b, last) }, false
}

// waitedUntil is until when those are waited for the last of which began at last:
// a forced stop waits only for those that have just begun.
func waitedUntil(b clock.Budget, last time.Time) time.Time {
	if !b.Forced.IsZero() && last.Before(b.Forced) {
		return b.Forced
	}
	return b.Over()
}

// lastOvertakenLocked returns when the last of those began that have been
// overtaken and go on; zero if there is none.
func (z *finalization) lastOvertakenLocked() (last time.Time) {
	l := &z.scope.list
	on := l.overtaken[:0]
	for _, p := range l.overtaken {
		if !p.over {
			on, last = append(on, p), later(last, p.told)
		}
	}
	l.overtaken = on
	return last
}
