package shutdown

import (
	"context"
	"errors"
	"time"
)

// Finally registers fn to run when the innermost open scope of ctx ends, or, if
// there is none, when the program does; otherwise it is like
// [Manager.Register]. The scope or manager is the one that handed out ctx or a
// context it was derived from, otherwise [Default]. If that scope has ended, it
// is the nearest one around it that is open.
func Finally[F Func](ctx context.Context, name string, fn F, opts ...FinalizerOption) *Finalizer {
	must(fn != nil, "Finally", name, nilFunc)
	var site uintptr
	if !knowsSite(opts) {
		site = callSite()
	}
	h := holderOf(ctx)
	return h.manager.register(h.scope, name, fn, site, opts)
}

// Scope calls fn with a context to which [Finally] attaches finalizers. They
// run before Scope returns, newest first, whether fn returns, panics or leaves
// by Goexit; a panic then goes on with its own stack. By then fn's context is
// cancelled and theirs is alive, with its values, bounded by the manager's
// grace from now or by what is left of the stop that is under way.
//
// Scope returns fn's error and those of the finalizers, joined. Where it cannot
// return, because of a panic or Goexit, they are part of the [Report].
//
// A scope is work in flight: a stop waits for it. If its time is up before fn
// has returned, the stop runs what the scope still holds, in its turn. Scopes
// work without a manager that runs, too. Scope panics if fn is nil.
func Scope(ctx context.Context, name string, fn func(ctx context.Context) error) error {
	must(fn != nil, "Scope", name, nilFunc)
	return newScope(ctx, component{KindScope, name, callSite()}).call(ctx, fn, false)
}

// Construct is [Scope] for constructors: the finalizers run only if fn fails.
// If fn returns nil, the scope around takes them over, in their order, and
// they run when that ends. A constructor that opens three things registers
// each; if the second cannot be opened, the first is closed.
func Construct(ctx context.Context, name string, fn func(ctx context.Context) error) error {
	must(fn != nil, "Construct", name, nilFunc)
	return newScope(ctx, component{KindScope, name, callSite()}).call(ctx, fn, true)
}

// A scope is a list of finalizers with the lifetime of one function call. It is
// itself an entry in the list around it: a stop that comes to the entry finds
// there what the scope still holds.
type scope struct {
	manager *Manager
	around  *scope          // nil: the manager
	work    context.Context // what Work means inside
	entry   *Finalizer

	// guarded by the manager's mu
	activity           // fn and what the scope runs after it
	hold     holdKey   // it is a hold, too; zero if it came too late for that
	ended    time.Time // when fn did; zero before
	list     list
	failed   []error // of its finalizers
}

func newScope(ctx context.Context, c component) *scope {
	h := holderOf(ctx)
	m := h.manager
	s := &scope{manager: m, around: h.scope, work: h.work}
	s.entry = &Finalizer{manager: m, name: c.name, site: c.site, fn: s}
	m.lock()
	defer m.mu.Unlock()
	if !m.list.closed {
		m.pushLocked(s.around, s.entry)
	}
	if !m.actorsOver {
		s.hold = m.holds.take(c)
		if s.entry.list != nil {
			s.entry.list.held++
		}
	}
	return s
}

func (s *scope) call(ctx context.Context, fn func(context.Context) error, constructs bool) (err error) {
	inside, cancel := context.WithCancel(ctx)
	inside = context.WithValue(inside, holderKey{}, &holder{manager: s.manager, scope: s, work: s.work})
	returned := false
	defer func() {
		cancel()
		if returned && err == nil && constructs {
			s.handOver()
		} else if failed := s.finalize(inside, !returned); failed != nil {
			err = errors.Join(err, failed)
		}
	}()
	err = fn(inside)
	returned = true
	return err
}

// handOver gives what the scope holds to the list around it.
func (s *scope) handOver() {
	s.manager.lock()
	defer s.manager.mu.Unlock()
	s.leaveLocked()
	for f := s.list.oldest(); f != nil; f = s.list.oldest() { // a stop has come to the entry, or is over
		s.list.remove(f)
		s.manager.pushLocked(s.around, f)
	}
}

// leaveLocked is the end of s for those who wait for it. What it holds goes to
// the list around it.
func (s *scope) leaveLocked() {
	s.list.closed = true
	if s.entry.list != nil {
		s.entry.list.replace(s)
	}
	s.endLocked()
	s.manager.releaseLocked(s.hold)
}

// finalize runs what the scope holds and returns what failed.
func (s *scope) finalize(values context.Context, unwinding bool) error {
	m := s.manager
	m.lock()
	s.ended = time.Now()
	m.holds.closing(s.hold)
	m.mu.Unlock()
	z := &finalization{
		manager: m, list: &s.list, values: values, scope: s,
		budget: s.budget,
		record: func(o outcome) {
			if o.err != nil {
				s.failed = append(s.failed, o.err)
			}
			if unwinding {
				m.recordLocked(o)
			}
		},
	}
	z.run()
	m.lock()
	s.leaveLocked()
	m.mu.Unlock()
	stuck := z.stuck()
	m.lock()
	defer m.mu.Unlock()
	return errors.Join(append(s.failed, stuck...)...)
}

// budget is that of a stop of the scope's own, or that of the program's if it
// ends earlier.
func (s *scope) budget() budget {
	s.manager.lock()
	defer s.manager.mu.Unlock()
	own := budget{began: s.ended, grace: max(s.manager.grace(), minSlot)}
	stop, state := s.manager.budgetLocked(), s.manager.state
	underWay := state >= Stopping && (state < Stopped || !s.ended.After(s.manager.ledger.entered[Stopped]))
	if !underWay || own.end().Before(stop.end()) && stop.forced.IsZero() {
		return own
	}
	return stop
}
