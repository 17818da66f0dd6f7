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

// keepLocked puts s on the list and starts it.
func (e *engine) keepLocked(s *service) {
	if e.root.list.closed { // after the stop: nobody waits for it
		s.endWork(e.ledger.why().err)
		e.startServiceLocked(s)
		return
	}
	e.startServiceLocked(s)
	e.root.list.push(s.entry)
}

func (e *engine) newService(c component, run func(ctx context.Context) error, opts []FinalizerOption) *service {
	s := &service{run: run}
	s.part = part{component: c, id: stacks.NewID()}
	s.engine, s.around, s.kept, s.outside = e, &e.root, true, true
	s.recorded = true // serviceOver does that
	s.list.pending = &e.listed
	s.entry = &Finalizer{engine: e, name: c.name, site: c.site, fn: s}
	s.entry.apply(opts)

	life, cancel := context.WithCancelCause(context.Background())
	work, endWork := context.WithCancelCause(context.Background())
	s.cancel, s.endWork = cancel, endWork
	s.holder.engine, s.holder.scope, s.holder.part, s.holder.work = e, &s.scope, &s.part, work
	labels := stacks.Labelled(context.Background(), c.kind.String()+" "+c.name, s.id)
	s.ctx = &partContext{life: life, values: context.WithoutCancel(e.ctx), holder: &s.holder, labels: labels}
	return s
}

// startServiceLocked starts s; once the stop has begun, with its context
// cancelled already.
func (e *engine) startServiceLocked(s *service) {
	s.began = time.Now()
	if e.state() >= Stopping {
		s.cancel(e.ledger.why().err)
	}
	e.ledger.started(s.component)
	go e.runService(s) // ends when it returns, and what it has opened has ended
}

func (e *engine) runService(s *service) {
	yieldIfLate(s.ctx)
	pprof.SetGoroutineLabels(s.ctx)
	protect(
		func() error { return s.run(s.ctx) },
		func(err error) {
			read(err, context.Cause(s.ctx), func() { e.serviceFailed(s) }, func(v verdict) { e.serviceEnded(s, v) })
		},
	)
}

// serviceFailed begins the stop although it is not known yet how s has failed.
func (e *engine) serviceFailed(s *service) {
	e.director.request(unreadReturn(s.component))
}

// serviceEnded notes what the run of s brought, and ends what it has opened.
func (e *engine) serviceEnded(s *service, v verdict) {
	defer e.serviceOver(s, e.serviceFails(s, v))
	s.cancel(nil) // for what else it was given to
	s.finalize(s.ctx)
}

// serviceFails notes at once if the run of s has failed, and begins the stop: what
// s has opened may not end before everything is over.
func (e *engine) serviceFails(s *service, v verdict) (failed bool) {
	if v.err != nil && !v.isFine() && !v.exits() {
		e.director.armFor(v)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	o := s.outcomeLocked()
	switch cut := s.cut; {
	case cut && s.silent && v.err == nil:
		o.fail(cutError(s.component, v), failedStatus)
	case v.err == nil || v.exits() || v.told && v.cancelled && !cut:
	case cut && v.timedOut:
		o.fail(cutError(s.component, v), failedStatus)
	case !v.isFine():
		o.fail(failure(s.component, v, asActorError), v.status)
		e.director.requestLocked(failing(o.err, v))
	}
	if o.err != nil {
		e.ledger.ended(o)
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
func (e *engine) serviceOver(s *service, failed bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s.endWork(context.Canceled)
	if !failed {
		e.ledger.ended(s.outcomeLocked())
	}
	e.quietLocked()
}

// tellLocked tells s to stop. One whose run has returned is named by what it runs.
func (s *service) tellLocked(t *turn) {
	s.scope.tellLocked(t)
	if s.ended.IsZero() {
		s.engine.running.add(&s.part)
	}
	s.cancel(s.engine.ledger.why().err)
}

// cutLocked says that the time for the work of s is up. What s holds goes to the
// list around, also if its run returns now: s has no time left to end it.
func (s *service) cutLocked() {
	cause := s.engine.cutCauseLocked()
	if s.ended.IsZero() {
		s.cut = true
		s.engine.anyCut = true
		s.engine.ledger.emit(Event{Type: EventCut, Took: time.Since(s.told), Err: cause}, s.component)
		if s.entry.list != nil {
			s.entry.list.replace(&s.scope)
		}
	}
	s.endWork(cause)
}
