package shutdown

import (
	"cmp"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/seed7e043c35/lastcall/internal/clock"
)

// A nested manager runs inside of another: in an actor, a service, a finalizer or
// a scope of it.
type nested struct {
	inner  *Manager
	holder *holder // of the context that was given to its Run
}

// nestedMargin is the part of the outer grace that a nested manager leaves
// unused, so that the outer one sees it end: a hundredth.
const nestedMargin = 100

// end returns when the time ends that n has, or zero if nobody has said that yet.
func (n *nested) end() time.Time {
	outer := n.holder.manager
	b := outer.clock.Budget()
	margin := b.Grace / nestedMargin
	switch t := n.holder.turnAround(); {
	case b.Began.IsZero():
		return time.Time{}
	case t != nil:
		return t.until().Add(-margin)
	case n.holder.scope.isKept():
		return b.LastCall().Add(-margin)
	}
	return b.Actors().Add(-margin)
}

// limit returns the grace that n has from now on, if that is less than grace. Of
// a manager that runs inside of no other, n is nil.
func (n *nested) limit(now time.Time, grace time.Duration) time.Duration {
	if n == nil {
		return grace
	}
	if end := n.end(); !end.IsZero() {
		return max(0, min(grace, end.Sub(now)))
	}
	return grace
}

// isForced reports whether the stop of the manager around n has been forced.
func (n *nested) isForced() bool {
	return n != nil && !n.holder.manager.clock.Budget().Forced.IsZero()
}

// room returns the grace that n has at least when the manager around it stops.
func (n *nested) room() time.Duration {
	outer := n.holder.manager.currentSettings()
	room := clock.Work(outer.grace, outer.drain)
	if t := n.holder.turnAround(); t != nil {
		room = time.Until(t.until()) / 2
	} else if n.holder.scope.isKept() {
		room = clock.LeastSlot(outer.grace)
	}
	return max(0, room-outer.grace/nestedMargin)
}

// tellInTime asks a manager to stop that runs in a finalizer, when half of the time
// is left that the finalizer has. Its context would say so at the very end, and
// leave no time for a stop.
func (m *Manager) tellInTime() {
	if m.outer == nil || m.outer.holder.turnAround() == nil {
		return
	}
	t := m.outer.holder.turnAround()
	half := time.Until(t.until()) / 2
	if !t.clock.Await(m.draining, func(b clock.Budget) time.Time { return t.slot.Until(b).Add(-half) }) {
		m.request(wish(cmp.Or(t.manager().stopCause(), ErrStopped)))
	}
}

// join makes m known to the manager that it runs inside of, or to those that may
// be beside it.
func (m *Manager) join() {
	if m.outer == nil {
		others.add(m)
		return
	}
	outer := m.outer.holder.manager
	outer.lock()
	defer outer.mu.Unlock()
	outer.inner = append(outer.inner, m.outer)
}

// leave is the end of what join began.
func (m *Manager) leave() {
	if m.outer == nil {
		others.remove(m)
		return
	}
	outer := m.outer.holder.manager
	outer.lock()
	defer outer.mu.Unlock()
	outer.inner = slices.DeleteFunc(outer.inner, func(n *nested) bool { return n == m.outer })
}

// limitInnerLocked shortens the stops that are under way in managers inside of m,
// now that m has begun its own.
func (m *Manager) limitInnerLocked() {
	for _, n := range m.inner {
		if end := n.end(); !end.IsZero() {
			n.inner.clock.EndBy(end)
		}
	}
}

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
		m.clock.Await(inner.Done(), clock.Budget.Over)
	}
}

// others are the managers that run in this process, but in no other.
var others registry

type registry struct {
	mu       sync.Mutex
	managers []*Manager
}

func (r *registry) add(m *Manager) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.managers = append(r.managers, m)
}

func (r *registry) remove(m *Manager) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.managers = slices.DeleteFunc(r.managers, func(other *Manager) bool { return other == m })
}

func (r *registry) beside(m *Manager) []*Manager {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(r.managers), func(other *Manager) bool { return other == m })
}

// adoptOthersLocked makes actors of the managers beside Main's, when Main begins
// to stop: they are asked to stop as well, and waited for.
func (m *Manager) adoptOthersLocked() {
	if m.process.Load() == nil {
		return
	}
	for _, other := range others.beside(m) {
		p := &part{component: component{kind: KindActor, name: "manager", site: other.runSite}, began: time.Now()}
		m.live++
		m.actors.add(p)
		go m.stopBeside(other, p) // ends when other has stopped
	}
}

func (m *Manager) stopBeside(other *Manager, p *part) {
	b := m.clock.Budget()
	other.request(wish(m.stopCause()))
	other.clock.EndBy(b.Actors().Add(-b.Grace / nestedMargin))
	<-other.Done()
	o := outcome{component: p.component, began: p.began, took: time.Since(p.began)}
	if err := other.result(); err != nil { // who called its Run may not say so
		judge(err, nil, func(v verdict) { o.fail(failure(p.component, v, asActorError), other.worst.Status()) })
	}
	m.lock()
	defer m.mu.Unlock()
	m.recordLocked(o)
	p.endLocked()
	m.live--
	m.quietLocked()
}

// calls are lines of source, as file:line.
type calls map[string]bool

// scopesAround returns where the scopes were called whose function calls Run: in
// whose stack it is, and those of its context.
func (m *Manager) scopesAround(h *holder) calls {
	around := make(calls)
	if h != nil && h.manager == m {
		for s := h.scope; s != nil && s.around != nil; s = s.around {
			around[siteName(s.site)] = true
		}
	}
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
	for inScope, more := false, true; more; {
		var f runtime.Frame
		f, more = frames.Next()
		if inScope {
			around[siteOf(f)] = true
		}
		inScope = f.Function == scopeFunction || f.Function == constructFunction
	}
	return around
}

const (
	scopeFunction     = "github.com/seed7e043c35/lastcall/shutdown.Scope"
	constructFunction = "github.com/seed7e043c35/lastcall/shutdown.Construct"
)

// letRunLocked notes which of the open scopes on l are around Run: the stop cannot
// wait for them, since they wait for it.
func (m *Manager) letRunLocked(l *list, around calls) {
	for f := l.newest; f != nil && len(around) > 0; f = f.older {
		s, ok := f.fn.(*scope)
		if !ok {
			continue
		}
		m.letRunLocked(&s.list, around)
		if around[siteName(s.site)] {
			l.count(f, -1)
			s.runs, s.held = true, false
			l.count(f, 1)
			m.live--
			if s.crowd != nil {
				s.crowd.remove(&s.part) // it waits for the stop, and not the other way round
			}
		}
	}
}
