package shutdown

import (
	"context"
	"runtime/pprof"
	"time"
)

// A service is something that actors stand on. It has a place among the
// finalizers: when its turn comes it is told to stop and waited for.
type service struct {
	activity
	run func(ctx context.Context) error

	ctx     context.Context // ends when its turn comes
	cancel  context.CancelCauseFunc
	endWork context.CancelFunc // its work's time is up

	finalizer *Finalizer // its place
}

// Keep runs a background service: something that actors stand on, such as a
// batch writer or a cache refresher. It is started by Run, or at once if the
// manager runs already, and has its place among the finalizers: when its turn
// comes, run's context is cancelled, with the cause of the stop, and the next
// finalizer waits for it to return within its slot. For what it has in hand
// it uses [Work].
//
// A service that returns nil before its turn is done. If it returns an error,
// panics or leaves by Goexit, the stop begins. In its turn it may return
// context.Canceled or the cause as well as nil.
//
// From Stopping on, it is started at once with a context that is cancelled
// already. Keep panics if run is nil.
func (m *Manager) Keep(name string, run func(ctx context.Context) error, opts ...FinalizerOption) {
	must(run != nil, "Keep", name, nilFunc)
	m.keep(component{KindService, name, callSite()}, run, opts)
}

func (m *Manager) keep(c component, run func(ctx context.Context) error, opts []FinalizerOption) {
	s := &service{activity: activity{task: task{component: c, id: newID()}}, run: run}
	s.finalizer = &Finalizer{manager: m, name: c.name, site: c.site, fn: s}
	if len(opts) > 0 {
		s.finalizer.apply(opts)
	}
	m.lock()
	defer m.mu.Unlock()
	life, cancel := context.WithCancelCause(context.Background())
	work, endWork := context.WithCancel(context.Background())
	s.cancel, s.endWork = cancel, endWork
	h := &holder{manager: m, work: work}
	s.ctx = &taskContext{life: life, values: labelled(context.WithoutCancel(m.ctx), c.kind.String()+" "+c.name, s.id), holder: h}

	switch {
	case m.list.closed:
		m.startServiceLocked(s)
		endWork()
		return
	case m.state == Idle:
		m.services = append(m.services, s)
	default:
		m.startServiceLocked(s)
	}
	m.list.push(s.finalizer)
}

// startServiceLocked starts s; once the stop has begun, with its context
// cancelled already.
func (m *Manager) startServiceLocked(s *service) {
	if m.state >= Stopping {
		s.cancel(m.cause)
	}
	m.startedLocked(s.component)
	go m.runService(s) // ends when it returns
}

func (m *Manager) runService(s *service) {
	yieldIfLate(s.ctx)
	pprof.SetGoroutineLabels(s.ctx)
	protect(
		func() error { return s.run(s.ctx) },
		func(err error) { m.serviceOver(s, err) },
	)
}

// stop is called when s's turn has come.
func (s *service) stop() { s.cancel(s.finalizer.manager.stopCause()) }

func (m *Manager) serviceOver(s *service, err error) {
	told := m.cutShort(err) // foreign code, perhaps: before the lock
	now := time.Now()
	m.lock()
	defer m.mu.Unlock()
	defer s.endLocked()
	s.endWork()
	if s.finalizer.list != nil {
		s.finalizer.list.remove(s.finalizer) // its turn has not come, and need not
	}
	began := s.since
	if began.IsZero() {
		began = now
	}
	if err != nil && !(told && s.ctx.Err() != nil) && !m.exitsLocked(err) {
		s.err = failure(s.component, err, asActorError)
	}
	m.overLocked(&s.task)
	m.recordLocked(outcome{component: s.component, began: began, took: now.Sub(began), err: s.err})
	if s.err != nil {
		m.requestLocked(s.err, false)
	}
}
