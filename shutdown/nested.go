package shutdown

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/seed7e043c35/lastcall/internal/clock"
)

// A place is where a manager runs inside of another: in an actor, a service, a
// finalizer or a scope of it. There it is a scope of that one, which waits for it as
// for any other, also if nobody else does.
type place struct {
	inner, outer *Manager
	scope        *scope // of the outer one
}

// placeMargin is the part of the outer grace that a manager inside leaves unused, so
// that the outer one sees it end: a hundredth. It is never more than a tenth of what
// it has.
const (
	placeMargin  = 100
	marginAtMost = 10
)

// outerOf returns the holder of ctx if that makes of m a manager inside of another;
// otherwise nil. Who is not run can tell nobody to stop.
func (m *Manager) outerOf(ctx context.Context) *holder {
	h := ownHolderOf(ctx)
	if h == nil || managerOf(h) == m || h.engine.state() == Idle || h.engine.state() == Stopped {
		return nil
	}
	return h
}

// nesting guards around of all managers.
var nesting sync.Mutex

// liesIn notes that m is run in a context of outer's, or of nobody's if that is nil,
// and reports whether it may: not if outer is run in one of m's.
func (m *Manager) liesIn(outer *Manager) bool {
	nesting.Lock()
	defer nesting.Unlock()
	for o := outer; o != nil; o = o.around {
		if o == m {
			return false
		}
	}
	m.around = outer
	return true
}

// end returns when the time ends that a stop has which began at began; zero if
// nobody has said that yet. It takes no lock. A forced stop has its own end.
func (p *place) end(began time.Time) time.Time {
	b := p.outer.clock.Budget()
	b.Forced = time.Time{}
	t := p.scope.holder.turnAround()
	switch {
	case t != nil:
		return withMargin(began, t.end(), t.clock.Budget().Grace)
	case b.Began.IsZero():
		return time.Time{}
	}
	end, chance := b.Actors(), b.Abandon()
	if !p.scope.held { // it waits for its turn
		end, chance = b.LastCall(), b.Over()
	}
	if end = withMargin(began, end, b.Grace); began.Before(end) {
		return end
	}
	return withMargin(began, chance, b.Grace) // it came later than that, or was told by the end of work
}

// withMargin is end less what a manager inside leaves unused of the outer grace, if it
// has the time from began on.
func withMargin(began, end time.Time, grace time.Duration) time.Time {
	return end.Add(-margin(end.Sub(began), grace))
}

// margin is what a manager inside that has a time leaves unused of the outer grace.
func margin(has, grace time.Duration) time.Duration {
	return max(0, min(grace/placeMargin, has/marginAtMost))
}

// isForced reports whether the stop of the manager around p has been forced. Of a
// manager that runs inside of no other, p is nil.
func (p *place) isForced() bool { return p != nil && p.outer.isForced() }

// told is closed when those around p are told to stop: for a manager inside whose
// context has no end.
func (p *place) told() <-chan struct{} {
	switch {
	case p == nil, p.scope.holder.turnAround() != nil:
		return nil
	case p.scope.kept:
		return p.scope.outermost().fn.(*service).ctx.Done()
	}
	return p.outer.ctx.Done()
}

// isOutOfTime reports whether the one around stops because its parent's deadline has
// passed.
func (p *place) isOutOfTime() bool { return p != nil && p.outer.ledger.why().deadline }

// workOver is closed when the time for work around p is up: then a manager inside
// is told to stop at the latest, whatever its context says.
func (p *place) workOver() <-chan struct{} {
	if p == nil {
		return nil
	}
	return p.scope.holder.work.Done()
}

// cause is why a manager inside is told to stop by the one around.
func (p *place) cause() error { return cmp.Or(p.outer.stopCause(), ErrStopped) }

// room returns the grace that a manager at p has at least when the one around it
// stops.
func (p *place) room() time.Duration {
	outer := p.outer.currentSettings()
	room := clock.Work(outer.grace, outer.drain)
	if t := p.scope.holder.turnAround(); t != nil {
		room = time.Until(t.until()) / 2
	} else if p.scope.kept {
		room = p.scope.leastSlot(outer.grace)
	}
	return room - margin(room, outer.grace)
}

// tellInTime asks a manager to stop that runs in a finalizer, when half of the time
// is left that the finalizer has. Its context would say so at the very end, and
// leave no time for a stop.
func (p *place) tellInTime() {
	t := p.scope.holder.turnAround()
	if t == nil {
		return
	}
	half := time.Until(t.until()) / 2
	if !t.clock.Await(p.inner.draining, func(b clock.Budget) time.Time { return t.slot.Until(b).Add(-half) }) {
		p.inner.request(wish(p.cause()))
	}
}

// join makes m known to the manager that it runs inside of, whose holder outer is,
// or to those that may be beside it, until the function that it returns is called.
func (m *Manager) join(ctx context.Context, outer *holder) (leave func()) {
	if outer == nil {
		if main := others.add(m); main != nil {
			main.locked(func() { main.adoptLocked(m) })
		}
		return func() { others.remove(m) }
	}
	p := &place{inner: m, outer: managerOf(outer), scope: newScope(ctx, component{KindActor, managerName, m.runSite})}
	m.clock.Bound(p.end)
	go p.tellInTime() // ends when the stop has been asked for
	m.locked(func() { m.outer = p })
	p.outer.locked(func() {
		p.outer.inner = append(p.outer.inner, p)
		p.scope.tell = func() { m.request(wish(p.cause())) }
	})
	return func() {
		p.outer.locked(func() {
			p.outer.inner = slices.DeleteFunc(p.outer.inner, func(other *place) bool { return other == p })
		})
		p.scope.ends(m.ledger.result())
		_ = p.scope.finalize(ctx)
	}
}

// managerName is the name under which a manager inside of another, or beside Main's,
// is waited for.
const managerName = "manager"

// innerLocked returns the managers that run inside of m, and if m is Main's those
// beside it.
func (m *Manager) innerLocked() (all []*Manager) {
	for _, n := range m.inner {
		all = append(all, n.inner)
	}
	if m.process.Load() != nil {
		all = append(all, others.beside(m)...)
	}
	return all
}

// awaitInner lets the managers inside of m come to their end in a stop that was
// forced: they have as much time as m itself, and nobody has waited for them by
// then. In any other they have been waited for in their place.
func (m *Manager) awaitInner() {
	if m.clock.Budget().Forced.IsZero() {
		return
	}
	m.lock()
	all := m.innerLocked()
	m.mu.Unlock()
	for _, inner := range all {
		inner.request(wish(m.stopCause())) // if it has not been told yet
		m.clock.Await(inner.done, clock.Budget.Over)
	}
}

// others are the managers that run in this process, but in no other.
var others registry

type registry struct {
	mu       sync.Mutex
	managers []*Manager
	stopping *Manager // Main's, from Stopping on; nil before
}

// add adds m. If Main's manager is stopping by then, that has to be told of m.
func (r *registry) add(m *Manager) (stopping *Manager) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.managers = append(r.managers, m)
	return r.stopping
}

// stop notes that m, Main's, is stopping, and returns those beside it. Both are one
// step: who comes is either among them or told of by add, and not both.
func (r *registry) stop(m *Manager) []*Manager {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopping = m
	return r.besideLocked(m)
}

func (r *registry) remove(m *Manager) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.managers = slices.DeleteFunc(r.managers, func(other *Manager) bool { return other == m })
}

func (r *registry) beside(m *Manager) []*Manager {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.besideLocked(m)
}

func (r *registry) besideLocked(m *Manager) []*Manager {
	return slices.DeleteFunc(slices.Clone(r.managers), func(other *Manager) bool { return other == m })
}

// adoptOthersLocked makes actors of the managers beside Main's, when Main begins
// to stop: they are asked to stop as well, and waited for.
func (m *Manager) adoptOthersLocked() {
	if m.process.Load() == nil {
		return
	}
	for _, other := range others.stop(m) {
		m.adoptLocked(other)
	}
}

// adoptLocked asks other to stop as well, and makes an actor of it that is waited for,
// if actors are.
func (m *Manager) adoptLocked(other *Manager) {
	p := &part{component: component{kind: KindActor, name: managerName, site: other.runSite}, began: time.Now()}
	if m.state() == Stopped || m.actorsOver {
		go other.request(wish(m.stopCause())) // ends when it has asked
		return
	}
	m.live++
	m.actors.add(p)
	go m.stopBeside(other, p) // ends when other has stopped
}

func (m *Manager) stopBeside(other *Manager, p *part) {
	b := m.clock.Budget()
	other.request(wish(m.stopCause()))
	if m.isForced() { // it could not be told when it had not begun
		other.force()
	}
	other.clock.EndBy(b.Actors().Add(-b.Grace / placeMargin))
	<-other.done
	o := outcome{component: p.component, began: p.began, took: time.Since(p.began)}
	if err := other.ledger.result(); err != nil { // who called its Run may not say so
		judge(err, nil, func(v verdict) { o.fail(failure(p.component, v, asActorError), other.ledger.worst.Status()) })
	}
	m.lock()
	defer m.mu.Unlock()
	m.ledger.ended(o)
	p.endLocked()
	m.live--
	m.quietLocked()
}
