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
	// guarded by the engine's mu
	list         *list // nil once it was taken to be run, run or unregistered
	newer, older *Finalizer
	running      *ownRun // if not nil: Run is running it

	// immutable
	engine *engine
	name   string
	site   uintptr
	within time.Duration
	fn     any            // one of Func's shapes, *valued, *service or *scope
	closes entry.Resource // nil if fn does not close a resource

	// guarded by the engine's mu
	reported bool // as a leak
	asked    bool // whether it is closed, by a sweep that has not heard yet
}

// A FinalizerOption changes how one finalizer, or background service, is run.
// [Within] makes one.
type FinalizerOption interface {
	FinalizerOptions() entry.Options
}

// within is the bound that Within gives.
type within time.Duration

func (w within) FinalizerOptions() entry.Options { return entry.Options{Within: time.Duration(w)} }

// Within gives a finalizer, or a background service, a bound of its own in
// place of three quarters of the time that is left, shorter or longer, though
// never beyond the last call: its context ends after d, and if it has not
// returned by then, the next is started while it goes on. Within panics if d
// is not positive.
func Within(d time.Duration) FinalizerOption {
	if d <= 0 {
		panic(fmt.Sprintf("shutdown: Within(%v): want a positive duration", d))
	}
	return within(d)
}

// register puts a new finalizer on the list of s, or of the innermost scope
// around it that is open.
func (e *engine) register(s *scope, name string, fn any, site uintptr, opts []FinalizerOption) *Finalizer {
	f := &Finalizer{engine: e, name: name, site: site, fn: fn}
	if len(opts) > 0 {
		f.apply(opts)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	s.pushLocked(f)
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
// for the call site already: that is what costs most in a registration.
func knowsSite(opts []FinalizerOption) bool {
	if len(opts) != 1 {
		return false
	}
	_, isWithin := opts[0].(within)
	return !isWithin
}

// runLate runs what was registered after the stop.
func (e *engine) runLate(f *Finalizer) {
	yieldIfLate(e.ctx)
	protect(
		func() error { return f.call(e.partContext(e.ctx, nil)) },
		func(err error) {
			read(err, nil, func() {}, func(v verdict) { e.endedLate(f.component(), v) })
		},
	)
}

// endedLate notes how something ended that began after the stop.
func (e *engine) endedLate(c component, v verdict) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if v.err != nil && v.err != errClosed && !v.exits() {
		o := outcome{component: c, began: time.Now()}
		o.fail(failure(c, v, asFinalizerError), v.status)
		e.ledger.ended(o)
	}
}

// Unregister takes f off its list, so that no stop will run it, and reports
// whether it did: like the stop function of [context.AfterFunc] it returns
// false if f has been started or unregistered already, and does not wait for
// it.
func (f *Finalizer) Unregister() bool {
	if !f.unlist() {
		return false
	}
	if f.closes != nil {
		f.closes.Gone()
	}
	return true
}

func (f *Finalizer) unlist() bool {
	f.engine.mu.Lock()
	defer f.engine.mu.Unlock()
	if !f.isUntouchedLocked() {
		return false
	}
	f.leaveLocked()
	return true
}

// leaveLocked takes f off its list because its owner has done what was to be
// done. What a stop was to end has then ended.
func (f *Finalizer) leaveLocked() {
	if f.list.pending != nil {
		f.engine.ledger.endedByOwner(f.component().kind, f.engine.state())
	}
	f.list.remove(f)
}

// isUntouchedLocked reports whether f is on a list and nobody has begun to run it.
func (f *Finalizer) isUntouchedLocked() bool { return f.list != nil && f.running == nil }

// Run runs f now, in the calling goroutine with ctx, which [Within] bounds, and
// never again. It returns what f returned. A panic or Goexit in f goes on as if
// f had been called directly. If f closes a resource that is closed already,
// nothing is called and Run returns nil.
//
// A stop that comes to f meanwhile waits for it in its turn. A second call of
// Run waits for the first until its own ctx ends and returns the same result.
// Run returns an error at once if f was unregistered, if a stop has come to it
// already, and if f itself is the caller. It panics if ctx is nil.
func (f *Finalizer) Run(ctx context.Context) error {
	if ctx == nil {
		panic("shutdown: Finalizer.Run: nil context")
	}
	r, mine, err := f.claim()
	if err != nil {
		return &FinalizerError{Component: f.component().public(), Err: err}
	}
	if !mine {
		return r.await(ctx)
	}
	if f.within > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, f.within)
		defer cancel()
	}
	r.err = errUnreturned // replaced only if f returns
	defer f.release(r)
	r.err = f.runOwned(ctx, r)
	return r.err
}

func (f *Finalizer) runOwned(ctx context.Context, r *ownRun) error {
	h := holder{engine: f.engine, scope: f.scopeOf(ctx), part: &r.part, work: ctx}
	inside := &partContext{life: ctx, values: ctx, holder: &h}
	var err error
	if f.closes != nil {
		err = f.closeForOwner(inside)
	} else {
		err = callFunc(inside, f.fn)
	}
	if err != nil {
		return &FinalizerError{Component: f.component().public(), Err: err}
	}
	return nil
}

// scopeOf returns the innermost scope of ctx, if that is one of f's manager.
func (f *Finalizer) scopeOf(ctx context.Context) *scope {
	if h, ok := ctx.Value(holderKey{}).(*holder); ok && h.engine == f.engine {
		return h.scope
	}
	return &f.engine.root
}

// An ownRun is a finalizer that is run by its owner. It stays on its list, for a
// stop to wait for in its turn.
type ownRun struct {
	part
	finalizer *Finalizer
	goroutine uint64 // that runs it, if Run does
	err       error  // its result; valid once done is closed
}

// claim begins a Run of f, or finds the one that is going on.
func (f *Finalizer) claim() (r *ownRun, mine bool, err error) {
	me := goroutineID()
	f.engine.mu.Lock()
	defer f.engine.mu.Unlock()
	switch {
	case f.isUntouchedLocked():
		return f.claimLocked(me), true, nil
	case f.running == nil || f.running.over:
		return nil, false, errOver
	case f.running.goroutine == me:
		return nil, false, errInside
	}
	f.running.awaitedLocked()
	return f.running, false, nil
}

func (f *Finalizer) claimLocked(goroutine uint64) *ownRun {
	f.running = &ownRun{part: part{component: f.component(), began: time.Now()}, finalizer: f, goroutine: goroutine}
	return f.running
}

// release ends a run of f by its owner.
func (f *Finalizer) release(r *ownRun) {
	f.engine.mu.Lock()
	defer f.engine.mu.Unlock()
	if f.list != nil {
		f.leaveLocked()
	}
	r.endLocked()
}

// await waits for r's result until ctx ends.
func (r *ownRun) await(ctx context.Context) error {
	select {
	case <-r.done:
		return r.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *ownRun) self() *part { return &r.part }

func (r *ownRun) tellLocked(*turn) { r.finalizer.engine.running.add(&r.part) }

func (r *ownRun) cutLocked() {}

// overtakenLocked lets the list do without what its owner is running.
func (r *ownRun) overtakenLocked() (on bool) {
	r.overtaken = true
	if f := r.finalizer; f.list != nil {
		f.list.remove(f)
	}
	return true
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
	if w, ok := f.fn.(waited); ok {
		return w.self().component
	}
	if f.closes != nil {
		kind = KindResource
	}
	return component{kind, f.name, f.site}
}

// A valued function keeps the values of the context that it was registered with,
// whatever list it is handed over to.
type valued struct {
	fn     any
	values context.Context
}

func (v *valued) call(ctx context.Context) error {
	return callFunc(&partContext{life: ctx, values: v.values, holder: holderOf(ctx)}, v.fn)
}

// keepValues lets f keep the values of ctx.
func (f *Finalizer) keepValues(ctx context.Context) {
	switch f.fn.(type) {
	case waited, *valued: // a scope keeps its own
	default:
		f.fn = &valued{f.fn, context.WithoutCancel(ctx)}
	}
}
