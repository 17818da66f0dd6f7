package shutdown

import (
	"context"
	"runtime/pprof"
	"time"

	"github.com/seed7e043c35/lastcall/internal/stacks"
)

// A service is something that actors stand on. It has a place among the
// finalizers: when its turn comes it is told to stop and waited for. What it
// opens is its own: it is a scope, whose list ends when its run has returned.
type service struct {
	scope
	run    func(ctx context.Context) error
	silent bool // it cannot say that it has finished: an actor of Add that came late

	ctx     context.Context // ends when its turn comes
	cancel  context.CancelCauseFunc
	endWork context.CancelCauseFunc // its work's time is up
}

// Keep runs a background service: something that actors stand on, such as a
// batch writer or a cache refresher. It is started by Run, or at once if the
// manager runs already, and has its place among the finalizers: when its turn
// comes, run's context is cancelled, with the cause of the stop, and the next
// finalizer waits for it to return within its slot. For what it has in hand
// it uses [Work].
//
// What run opens with its ctx, by [Finally], [Scope], [Construct] or package
// resource, is the service's own: it is ended right after run has returned. If
// run does not return in its slot, the list goes on without it, and takes over
// what it holds.
//
// A service that returns nil before its turn is done. If it returns an error,
// panics or leaves by Goexit, the stop begins. In its turn it may return
// context.Canceled or the cause as well as nil; if it does that after its slot
// has ended, its work has been cut, which is a failure.
//
// From Stopping on, it is started at once with a context that is cancelled
// already. Keep panics if run is nil.
func (m *Manager) Keep(name string, run func(ctx context.Context) error, opts ...FinalizerOption) {
	must(run != nil, "Keep", name, nilFunc)
	m.keep(component{KindService, name, callSite()}, run, opts)
}

func (m *Manager) keep(c component, run func(ctx context.Context) error, opts []FinalizerOption) {
	m.locked(func() {}) // so that it has its contexts
	s := m.newService(c, run)
	if len(opts) > 0 {
		s.entry.apply(opts)
	}
	m.lock()
	defer m.mu.Unlock()
	m.keepLocked(s)
}

func (m *Manager) keepLocked(s *service) {
	switch {
	case m.root.list.closed: // after the stop: nobody waits for it
		s.endWork(m.ledger.why().err)
		m.startServiceLocked(s)
		return
	case m.state() == Idle:
		m.services = append(m.services, s)
	default:
		m.startServiceLocked(s)
	}
	m.root.list.push(s.entry)
}

func (m *Manager) newService(c component, run func(ctx context.Context) error) *service {
	s := &service{run: run}
	s.part = part{component: c, id: stacks.NewID()}
	s.manager, s.around, s.kept, s.outside = m, &m.root, true, true
	s.list.pending = &m.listed
	s.entry = &Finalizer{manager: m, name: c.name, site: c.site, fn: s}

	life, cancel := context.WithCancelCause(context.Background())
	work, endWork := context.WithCancelCause(context.Background())
	s.cancel, s.endWork = cancel, endWork
	s.holder.manager, s.holder.scope, s.holder.part, s.holder.work = m, &s.scope, &s.part, work
	labels := stacks.Labelled(context.Background(), c.kind.String()+" "+c.name, s.id)
	s.ctx = &partContext{life: life, values: context.WithoutCancel(m.ctx), holder: &s.holder, labels: labels}
	return s
}

// startServiceLocked starts s; once the stop has begun, with its context
// cancelled already.
func (m *Manager) startServiceLocked(s *service) {
	s.began = time.Now()
	if m.state() >= Stopping {
		s.cancel(m.ledger.why().err)
	}
	m.ledger.started(s.component)
	go m.runService(s) // ends when it returns, and what it has opened has ended
}

func (m *Manager) runService(s *service) {
	yieldIfLate(s.ctx)
	pprof.SetGoroutineLabels(s.ctx)
	protect(
		func() error { return s.run(s.ctx) },
		func(err error) {
			read(err, context.Cause(s.ctx), func() { m.serviceFailed(s) }, func(v verdict) { m.serviceEnded(s, v) })
		},
	)
}

// serviceFailed begins the stop although it is not known yet how s has failed.
func (m *Manager) serviceFailed(s *service) {
	m.request(wish(&ActorError{Component: s.public()}))
}

// serviceEnded notes what the run of s brought, and ends what it has opened.
func (m *Manager) serviceEnded(s *service, v verdict) {
	defer m.serviceOver(s, m.serviceFails(s, v))
	s.cancel(nil) // for what else it was given to
	s.finalize(s.ctx)
}

// serviceFails notes at once if the run of s has failed, and begins the stop: what
// s has opened may not end before everything is over.
func (m *Manager) serviceFails(s *service, v verdict) (failed bool) {
	if v.err != nil && !v.isFine() && !m.exits(v) {
		m.armFor(v)
	}
	m.lock()
	defer m.mu.Unlock()
	o := s.outcomeLocked()
	switch cut := s.cut; {
	case cut && s.silent && v.err == nil:
		o.fail(cutError(s.component, v), failedStatus)
	case v.err == nil || m.exits(v) || v.told && v.cancelled && !cut:
	case cut && v.timedOut:
		o.fail(cutError(s.component, v), failedStatus)
	case !v.isFine():
		o.fail(failure(s.component, v, asActorError), v.status)
		m.requestLocked(failing(o.err, v))
	}
	if o.err != nil {
		m.ledger.ended(o)
	}
	return o.err != nil
}

// outcomeLocked is what is known of the end of s if all is well.
func (s *service) outcomeLocked() outcome {
	o, now := outcome{component: s.component, began: s.told}, time.Now()
	if o.began.IsZero() {
		o.began = now
	}
	o.took = now.Sub(o.began)
	return o
}

// serviceOver is the end of s for those who wait for it.
func (m *Manager) serviceOver(s *service, failed bool) {
	m.lock()
	defer m.mu.Unlock()
	s.endWork(context.Canceled)
	if !failed {
		m.ledger.ended(s.outcomeLocked())
	}
	m.quietLocked()
}

// tellLocked tells s to stop. One whose run has returned is named by what it runs.
func (s *service) tellLocked(t *turn) {
	s.scope.tellLocked(t)
	if s.ended.IsZero() {
		s.manager.running.add(&s.part)
	}
	s.cancel(s.manager.ledger.why().err)
}

// cutLocked says that the time for the work of s is up. What s holds goes to the
// list around, also if its run returns now: s has no time left to end it.
func (s *service) cutLocked() {
	cause := s.manager.cutCauseLocked()
	if s.cut = s.ended.IsZero(); s.cut {
		s.manager.ledger.emit(Event{Type: EventCut, Took: time.Since(s.told), Err: cause}, s.component)
		if s.entry.list != nil {
			s.entry.list.replace(&s.scope)
		}
	}
	s.endWork(cause)
}
