package shutdown

import (
	"context"
	"fmt"
	"time"

	"github.com/seed7e043c35/lastcall/internal/entry"
)

// A Finalizer is a function that was registered to run once when the program,
// or a scope, ends. Its methods may be called from any goroutine.
type Finalizer struct {
	// guarded by manager.mu
	list         *list // nil once it was taken to be run, run or unregistered
	newer, older *Finalizer
	running      *activity // if not nil: Run is running it

	// immutable
	manager *Manager
	name    string
	site    uintptr
	within  time.Duration
	fn      any            // one of Func's shapes, *service or *scope
	closes  entry.Resource // nil if fn does not close a resource

	reported bool // as a leak; guarded by manager.mu
}

// A FinalizerOption changes how one finalizer, or background service, is run.
// [Within] makes one.
type FinalizerOption interface {
	FinalizerOptions() entry.Options
}

// within is the bound that Within gives.
type within time.Duration

func (w within) FinalizerOptions() entry.Options { return entry.Options{Within: time.Duration(w)} }

// Within gives a finalizer, or a background service, a bound of its own,
// shorter than the slot that it would have: its context ends after d, and if
// it has not returned by then, the next is started while it goes on. Within
// panics if d is not positive.
func Within(d time.Duration) FinalizerOption {
	if d <= 0 {
		panic(fmt.Sprintf("shutdown: Within(%v): want a positive duration", d))
	}
	return within(d)
}

// Register registers fn to run once when the program ends, before everything
// that was registered earlier: newest first.
//
// Fn's context is alive, unlike those of the actors, and has the values of the
// context given to Run. It ends with fn's slot, at the last call, G/20 before
// the end of the grace G, or after [Within]; its [context.Cause] is then the
// cause of the stop. A fn that has not returned by then is overtaken, not
// killed: the next is started while it goes on. An error, a panic or Goexit of fn
// becomes part of Run's result, and the others run all the same.
//
// Register may be called at any time from any goroutine, a finalizer included.
// While finalizers run, what is registered is the next to run; after the stop,
// it is started at once with a context that has ended, and not waited for.
// Register panics if fn is nil.
func (m *Manager) Register(name string, fn func(context.Context) error, opts ...FinalizerOption) *Finalizer {
	must(fn != nil, "Register", name, nilFunc)
	return m.register(nil, name, fn, callSite(), opts)
}

// register puts a new finalizer on the list of the innermost scope that is
// open, counted from s outwards, or on the manager's.
func (m *Manager) register(s *scope, name string, fn any, site uintptr, opts []FinalizerOption) *Finalizer {
	f := &Finalizer{manager: m, name: name, site: site, fn: fn}
	if len(opts) > 0 {
		f.apply(opts)
	}
	m.lock()
	defer m.mu.Unlock()
	m.pushLocked(s, f)
	return f
}

func (f *Finalizer) apply(opts []FinalizerOption) {
	for _, opt := range opts {
		o := opt.FinalizerOptions()
		if o.Within != 0 {
			f.within = o.Within
		}
		if o.Resource != nil {
			f.closes, f.site = o.Resource, o.Site
			f.closes.Bind((*resourceFinalizer)(f))
		}
	}
}

// knowsSite reports whether opts come from package resource, which has looked
// for the call site already: that is the dearest part of a registration.
func knowsSite(opts []FinalizerOption) bool {
	if len(opts) != 1 {
		return false
	}
	_, isWithin := opts[0].(within)
	return !isWithin
}

func (m *Manager) pushLocked(s *scope, f *Finalizer) {
	for s != nil && s.list.closed {
		s = s.around
	}
	l := &m.list
	if s != nil {
		l = &s.list
	}
	if l.closed {
		go m.runLate(f) // ends when f does
		return
	}
	l.push(f)
	if f.closes != nil {
		m.sweepLocked(l)
	}
}

// runLate runs what was registered after the stop.
func (m *Manager) runLate(f *Finalizer) {
	yieldIfLate(m.Context())
	protect(
		func() error { return f.call(m.taskContext(m.Context(), m.Context(), nil)) },
		func(err error) { m.finishedLate(f.component(), err) },
	)
}

// Unregister takes f off its list, so that no stop will run it, and reports
// whether it did: like the stop function of [context.AfterFunc] it returns
// false if f has been started or unregistered already, and does not wait for
// it.
func (f *Finalizer) Unregister() bool {
	if !f.remove() {
		return false
	}
	if f.closes != nil {
		f.closes.Gone()
	}
	return true
}

func (f *Finalizer) remove() bool {
	f.manager.lock()
	defer f.manager.mu.Unlock()
	if !f.untouchedLocked() {
		return false
	}
	f.list.remove(f)
	return true
}

// untouchedLocked reports whether f is on a list and nobody has begun to run it.
func (f *Finalizer) untouchedLocked() bool { return f.list != nil && f.running == nil }

// Run runs f now, in the calling goroutine with ctx, which [Within] bounds, and
// never again. It returns what f returned. A panic or Goexit in f goes on as if
// f had been called directly.
//
// A stop that comes to f meanwhile waits for it in its turn. A second call of
// Run waits for the first until its own ctx ends and returns the same result.
// Run returns an error at once if f was unregistered, if a stop has come to it
// already, and if f itself is the caller.
func (f *Finalizer) Run(ctx context.Context) error {
	a, mine, err := f.claim()
	if err != nil {
		return &FinalizerError{f.component().public(), err}
	}
	if !mine {
		return a.await(ctx)
	}
	if f.within > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, f.within)
		defer cancel()
	}
	a.err = errUnreturned // replaced only if f returns
	defer f.release(a)
	if err := f.call(f.manager.taskContext(ctx, ctx, f.scopeOf(ctx))); err != nil {
		err = &FinalizerError{f.component().public(), err}
		a.err = err
	} else {
		a.err = nil
	}
	return a.err
}

// scopeOf returns the innermost scope of ctx, if that is one of f's manager.
func (f *Finalizer) scopeOf(ctx context.Context) *scope {
	if h, ok := ctx.Value(holderKey{}).(*holder); ok && h.manager == f.manager {
		return h.scope
	}
	return nil
}

// claim begins a Run of f, or finds the one that is going on.
func (f *Finalizer) claim() (a *activity, mine bool, err error) {
	me := goroutineID()
	f.manager.lock()
	defer f.manager.mu.Unlock()
	switch {
	case f.untouchedLocked():
		f.running = &activity{task: task{component: f.component()}, goroutine: me}
		return f.running, true, nil
	case f.running == nil || f.running.over:
		return nil, false, errOver
	case f.running.goroutine == me:
		return nil, false, errInside
	}
	f.running.awaitedLocked()
	return f.running, false, nil
}

// release ends a Run of f.
func (f *Finalizer) release(a *activity) {
	f.manager.lock()
	defer f.manager.mu.Unlock()
	if f.list != nil { // no stop has come to it
		f.list.remove(f)
	}
	f.manager.overLocked(&a.task)
	a.endLocked()
}

// call runs what f stands for, to its end.
func (f *Finalizer) call(ctx context.Context) error {
	if f.closes != nil {
		return f.closeResource(ctx)
	}
	return callFunc(ctx, f.fn)
}

func (f *Finalizer) component() component {
	kind := KindFinalizer
	switch fn := f.fn.(type) {
	case *service:
		return fn.component
	case *scope:
		kind = KindScope
	}
	if f.closes != nil {
		kind = KindResource
	}
	return component{kind, f.name, f.site}
}
