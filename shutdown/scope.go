package shutdown

import (
	"context"
	"errors"
	"time"

	"github.com/seed7e043c35/lastcall/internal/clock"
)

// A scope is a list of finalizers with the lifetime of one function call: that
// of a function given to Scope, of a background service, or of the manager's
// Run. It has one place, its entry in the list around it: when that list comes
// there, the scope is waited for, like any other part.
type scope struct {
	part   // its function, and what runs after it
	engine *engine
	around *scope     // nil: it is the manager's own
	entry  *Finalizer // its place in the list around; nil: the same
	holder holder     // of its context
	kept   bool       // it is, or lies in, a background service
	held   bool       // a stop waits for it before it comes to any list
	late   bool       // it was opened when nobody waited for anything any more

	// guarded by the engine's mu
	runs     bool         // its function calls Run
	ended    time.Time    // when its function did; zero before
	clock    *clock.Clock // of its list, once its function has ended
	runner   *runner      // the last that ran something of its list
	list     list
	failed   []error // of its finalizers, for whoever called Scope
	tell     func()  // if not nil: asks what runs in it to stop, in its turn
	outside  bool    // there is nobody to return a failure to
	recorded bool    // how it ended has been noted
}

// leastSlot returns the slot of the service that s, which is kept, is or lies in, if
// it is the first to end and the actors have used up all their time.
func (s *scope) leastSlot(grace time.Duration) time.Duration {
	return clock.LeastSlot(grace, s.outermost().within)
}

// outermost returns the entry of s, or of what s lies in, on the manager's own list.
func (s *scope) outermost() *Finalizer {
	for s.around.around != nil {
		s = s.around
	}
	return s.entry
}

func newScope(ctx context.Context, c component) *scope {
	h := holderOf(ctx)
	e := h.engine
	s := &scope{engine: e, around: h.scope, kept: h.scope.kept, part: part{component: c, inside: h.part, began: time.Now()}}
	s.holder.engine, s.holder.scope, s.holder.part, s.holder.work = e, s, &s.part, h.work
	if t := h.turn.Load(); t != nil {
		s.holder.turn.Store(t)
		e.turns.Store(true)
	}
	s.entry = &Finalizer{engine: e, name: c.name, site: c.site, fn: s}
	e.mu.Lock()
	defer e.mu.Unlock()
	if s.inside != nil {
		s.during = s.inside.round
	}
	if s.held = !s.kept && !e.actorsOver; s.held {
		e.live++
	}
	if s.late = e.root.list.closed; !s.late {
		e.scopes.add(&s.part)
		s.around.pushLocked(s.entry)
	}
	return s
}

// pushLocked puts f on the list of the innermost scope that is open, from s
// outwards. After the stop there is none, and f is run at once.
func (s *scope) pushLocked(f *Finalizer) {
	for s.list.closed {
		if s.around == nil {
			go s.engine.runLate(f) // ends when f does
			return
		}
		s = s.around
	}
	s.list.push(f)
	if f.closes != nil {
		s.engine.sweepLocked(&s.list)
	}
}

func (s *scope) call(inside *partContext, cancel func(), fn func(context.Context) error, constructs bool) (err error) {
	returned := false
	defer func() {
		cancel()
		s.outside = !returned
		s.ends(err)
		if returned && err == nil && constructs {
			s.handOver(inside)
		} else if failed := s.finalize(inside); failed != nil {
			err = errors.Join(err, failed)
		}
	}()
	err = fn(inside)
	returned = true
	return err
}

// handOver gives what the scope holds to the list around it.
func (s *scope) handOver(inside context.Context) {
	e := s.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	resources := 0
	for f := s.list.newest; f != nil; f = f.older {
		f.keepValues(inside)
		if f.closes != nil {
			resources++
		}
	}
	l := s.entry.list
	s.leaveLocked()
	for ; l != nil && resources > 0; resources-- {
		e.sweepLocked(l)
	}
	for f, newer := s.list.oldest(), (*Finalizer)(nil); f != nil; f = newer { // a stop has come to the entry, or is over
		newer = f.newer
		s.list.remove(f)
		s.around.pushLocked(f)
	}
}

// leaveLocked is the end of s for those who wait for it. What it holds goes to
// the list around it.
func (s *scope) leaveLocked() {
	e := s.engine
	s.list.closed = true
	if s.entry.list != nil {
		s.entry.list.replace(s)
	}
	s.holder.turn.Store(nil) // it is over: what somebody opens in s after that has a time of its own
	s.endLocked()
	if s.held {
		e.live--
		e.quietLocked()
	}
}

// finalize runs what the scope holds and returns what failed.
func (s *scope) finalize(values context.Context) error {
	if !s.beginFinalizing() {
		return nil
	}
	z := &finalization{scope: s, clock: s.clock, values: values}
	on := z.run()
	s.handOn(on)
	return s.finalized(s.engine.stillRunning(on))
}

// handOn lets the list around wait at its end for what goes on. A list that had
// its turn had no more than a slot.
func (s *scope) handOn(on []*part) {
	s.engine.mu.Lock()
	defer s.engine.mu.Unlock()
	if s.holder.turnAround() == nil {
		return
	}
	around := s.around
	for around.list.closed && around.around != nil {
		around = around.around
	}
	for _, p := range on {
		if !p.over {
			around.list.waitAtTheEndLocked(p)
		}
	}
}

// beginFinalizing gives the list of s its time, and reports whether anything is
// on it. If not, that was the end of s.
func (s *scope) beginFinalizing() bool {
	e := s.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	if s.ended.IsZero() {
		s.ended = time.Now()
	}
	if s.list.newest == nil {
		s.overLocked()
		return false
	}
	s.leaveCrowdLocked() // it is named by what it runs
	s.clock = clock.Inside(&e.clock, s.ended, max(e.director.graceLocked(), 1))
	if t := s.holder.turnAround(); t != nil {
		s.clock.EndBy(t.end())
	}
	return true
}

// finalized is the end of s, in which stuck goes on.
func (s *scope) finalized(stuck []error) error {
	s.engine.mu.Lock()
	defer s.engine.mu.Unlock()
	s.overLocked()
	if s.outside {
		return nil
	}
	s.outside = true
	return errors.Join(append(s.failed, stuck...)...)
}

// overLocked ends s and, during a stop, records that it has ended.
func (s *scope) overLocked() {
	e := s.engine
	s.leaveLocked()
	counted := s.held || s.around.list.pending != nil && !s.runs
	if counted && !s.recorded && e.state() >= Stopping {
		began := later(s.began, e.ledger.since(Stopping))
		e.ledger.ended(outcome{component: s.component, began: began, took: time.Since(began)})
	}
}

// recordLocked notes how a finalizer of s ended. What failed is for the caller of
// Scope, as long as there is one; what went well is counted where it was counted
// as something to end.
func (s *scope) recordLocked(o outcome, v verdict) {
	e := s.engine
	if v.err == errClosed || v.isFine() || v.exits() {
		if s.list.pending != nil {
			e.ledger.ended(o)
		}
		return
	}
	o.fail(failure(o.component, v, asFinalizerError), v.status)
	_, panicked := o.err.(*PanicError)
	if !s.outside {
		s.failed = append(s.failed, o.err)
		o.aside = !panicked
	} else {
		o.aside = !panicked && e.ledger.why().err == nil
	}
	if panicked && e.ledger.why().err == nil {
		e.director.requestLocked(failing(o.err, v))
	}
	e.ledger.ended(o)
}

// ends notes that the function of s has ended, and what it returned.
func (s *scope) ends(err error) {
	if s.isOver() && err != nil {
		judge(err, s.engine.stopCause(), s.wasCut)
	}
}

// isOver notes that the function of s has ended, and reports whether the time for
// its work ended while it ran.
func (s *scope) isOver() (cut bool) {
	e := s.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	s.ended = time.Now()
	s.cut = s.cut || !s.kept && !s.runs && e.isWorkOverLocked(&s.part)
	e.anyCut = e.anyCut || s.cut
	return e.anyCut && s.isCutLocked()
}

// wasCut notes what the function of s brought after it had been cut. An error of
// its own is for its caller.
func (s *scope) wasCut(v verdict) {
	if !v.timedOut {
		return
	}
	e := s.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	began := later(s.began, e.ledger.since(Stopping))
	o := outcome{component: s.component, began: began, took: time.Since(began)}
	o.fail(cutError(s.component, v), failedStatus)
	e.ledger.ended(o)
	s.recorded = true
}

// hadItsTimeLocked reports whether the list around s does not wait for it any
// more, but takes over what it holds: it has its time once.
func (s *scope) hadItsTimeLocked() bool {
	return s.runs || s.held && s.engine.actorsOver || s.isOvertakenLocked()
}

func (s *scope) self() *part { return &s.part }

// tellLocked says that the list around has come to s: it has until the end of the
// slot. What tells its function to end is its context.
func (s *scope) tellLocked(t *turn) {
	s.holder.turn.Store(t)
	s.engine.turns.Store(true)
	s.endByLocked(t.end())
	if s.tell != nil {
		go s.tell() // ends when it has asked
	}
}

// endByLocked lets what is being ended of s, and inside of it, end by then.
func (s *scope) endByLocked(end time.Time) {
	if s.clock != nil {
		s.clock.EndBy(end)
	}
	for f := s.list.newest; f != nil; f = f.older {
		if inner, ok := f.fn.(*scope); ok {
			inner.endByLocked(end)
		}
	}
}

func (s *scope) cutLocked() {}

// overtakenLocked gives what s holds to the list around it. A function that was
// left behind with the actors is not waited for once more, and one that calls Run
// waits for us.
func (s *scope) overtakenLocked() (on bool) {
	s.overtaken = true
	if s.runner != nil {
		s.runner.giveBackLocked()
	}
	if s.entry.list != nil {
		s.entry.list.replace(s)
	}
	return !s.runs && (!s.held || !s.ended.IsZero())
}

// stillRunning returns an error for each of the parts of a scope that go on
// although its time is up, for whoever called Scope. While a stop lasts, that
// will say itself which of them are stuck.
func (e *engine) stillRunning(parts []*part) (errs []error) {
	e.mu.Lock()
	var all []waiting
	for _, p := range parts {
		if !p.over && len(all) < named {
			all = append(all, newWaiting(p, time.Time{}, time.Now()))
		}
	}
	inStop := e.state() >= Stopping && e.state() < Stopped
	e.mu.Unlock()
	if len(all) == 0 {
		return nil
	}
	found := e.finder.find(all)
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, w := range all {
		if inStop {
			errs = append(errs, w.error(found))
		} else {
			errs = append(errs, e.stuckLocked(w, found, false))
			w.part.leaveCrowdLocked() // it has been told of: to a stop that comes later it is nothing new
		}
	}
	return errs
}
