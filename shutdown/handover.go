package shutdown

import "context"

// Add adds an actor as oklog/run has them: execute runs until interrupt is
// called, or until it is done, which begins the stop. When the stop comes,
// interrupt is called once, with the cause, in a goroutine of its own, even if
// execute has returned, and both are waited for.
//
// What execute returns after interrupt was called is recorded but is no
// failure ("http: Server closed"); if it had to be waited for beyond the time
// for work, it has been cut. An execute that returns nothing but oklog/run's
// word for one of the manager's signals, as its SignalHandler does, is taken
// for that signal: it may stay in a program. Add may be called at any time:
// before Run the actor is queued, then it is started at once, and from Stopping
// on interrupted at once too. It panics if a function is nil.
func (m *Manager) Add(name string, execute func() error, interrupt func(error)) {
	must(execute != nil, "Add", name, "execute is nil")
	must(interrupt != nil, "Add", name, "interrupt is nil")
	m.add(m.ready().interrupted(component{KindActor, name, callSite()}, execute, interrupt))
}

// Go adds an actor that watches its context: run is to return soon after ctx is
// cancelled, which is when Stopping begins. When run returns, for whatever
// reason, the stop begins.
//
// A run that returns context.Canceled or the cause once ctx was cancelled has
// not failed, unless the time for its work had ended by then: it has been cut.
// For what is in flight it uses [Work], which outlives ctx. Go may be called at
// any time: before Run the actor is queued, then it is started at once, from
// Stopping on with a context that is cancelled already. It panics if run is
// nil.
func (m *Manager) Go(name string, run func(ctx context.Context) error) {
	must(run != nil, "Go", name, nilFunc)
	m.add(m.ready().watching(component{KindActor, name, callSite()}, run))
}

// add starts a, or queues it before Run.
func (m *Manager) add(a *actor) {
	m.lock()
	defer m.mu.Unlock()
	if m.state() == Idle {
		m.queued = append(m.queued, a)
		return
	}
	m.startLocked(a)
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
	m.keep(m.ready().newService(component{KindService, name, callSite()}, run, opts))
}

// keep puts s on the list and starts it, which before Run is for that to do.
func (m *Manager) keep(s *service) {
	m.lock()
	defer m.mu.Unlock()
	if m.state() == Idle {
		m.services = append(m.services, s)
		m.root.list.push(s.entry)
		return
	}
	m.keepLocked(s)
}

// Hold marks one piece of work as in flight: a stop waits for release to be
// called before any finalizer runs.
//
// It returns [ErrStopping] once the stop has passed Draining; the work must
// then be refused, not begun, and release does nothing. Release may be called
// from any goroutine, and more than once. Work that outlives its time is told
// so by the end of [Manager.WorkContext] and, if that does not help, named in
// the [Report]; if it is released after that, it has been cut, which is a
// [CutError].
func (m *Manager) Hold(name string) (release func(), err error) {
	return m.ready().hold(name)
}

// Register registers fn to run once when the program ends, before everything
// that was registered earlier: newest first. Nobody runs it unless the program
// calls [Main], or the manager's Run.
//
// Fn's context is alive, unlike those of the actors, and has the values of the
// context given to Run. It ends with fn's slot: after three quarters of the time
// until the last call, which is G/20 before the end of the grace G, or after
// [Within]; the oldest finalizer has all of that time. Its [context.Cause] is
// then the cause of the stop. A fn that has not returned by then is overtaken,
// not killed: the next is started while it goes on. An error, a panic or Goexit
// of fn becomes part of Run's result, and the others run all the same.
//
// Register may be called at any time from any goroutine, a finalizer included.
// While finalizers run, what is registered is the next to run; after the stop,
// it is started at once with a context that has ended, and not waited for.
// Register panics if fn is nil.
func (m *Manager) Register(name string, fn func(context.Context) error, opts ...FinalizerOption) *Finalizer {
	must(fn != nil, "Register", name, nilFunc)
	return m.ready().register(&m.root, name, fn, callSite(), opts)
}

// Finally registers fn to run when the innermost open scope of ctx ends, or, if
// there is none, when the program does; otherwise it is like
// [Manager.Register]. The scope or manager is the one that handed out ctx or a
// context it was derived from, otherwise [Default], which nobody runs unless
// the program calls [Main], or its Run. Of the context of a background service
// it is the service. If that scope has ended, it is the nearest one around it
// that is open.
func Finally[F Func](ctx context.Context, name string, fn F, opts ...FinalizerOption) *Finalizer {
	must(fn != nil, "Finally", name, nilFunc)
	var site uintptr
	if !knowsSite(opts) {
		site = callSite()
	}
	h := holderOf(ctx)
	return h.engine.register(h.scope, name, fn, site, opts)
}

// Scope calls fn with a context to which [Finally] attaches finalizers. They
// run before Scope returns, newest first, whether fn returns, panics or leaves
// by Goexit; a panic then goes on with its own stack. By then fn's context is
// cancelled and theirs is alive, with its values, bounded by the manager's
// grace from now or by what is left of the stop that is under way.
//
// Scope returns fn's error and those of the finalizers, joined: they are its
// caller's, and decide neither the result of Run nor the exit status, though
// the [Report] tells of them. What Scope cannot return, because of a panic or
// Goexit or because it came after Scope had returned, is a failure of the
// program if it comes from the first cause of the stop on; before that it is a
// line in the log. A panic of a finalizer begins the stop.
//
// A scope is work in flight: a stop waits for it, and it has been cut if its
// work's time ends before fn has returned nil; see [CutError]. Then, and never
// before, the stop runs what the scope still holds, in its turn. What tells fn
// to end is its context: a fn that waits for something older on the list that
// the scope is on waits until its time is up. Scopes work without a manager that
// runs, too. Scope panics if fn is nil.
func Scope(ctx context.Context, name string, fn func(ctx context.Context) error) error {
	must(fn != nil, "Scope", name, nilFunc)
	s := newScope(ctx, component{KindScope, name, callSite()})
	life, cancel := context.WithCancel(ctx)
	return s.call(&partContext{life: life, values: life, holder: &s.holder}, cancel, fn, false)
}

// Construct is [Scope] for constructors: the finalizers run only if fn fails.
// If fn returns nil, the scope around takes them over, in their order, and
// they run when that ends, with the values of fn's context. A constructor that
// opens three things registers each; if the second cannot be opened, the first
// is closed.
//
// Fn's context is ctx, with another owner: what keeps it lives on after
// Construct has returned.
func Construct(ctx context.Context, name string, fn func(ctx context.Context) error) error {
	must(fn != nil, "Construct", name, nilFunc)
	s := newScope(ctx, component{KindScope, name, callSite()})
	return s.call(&partContext{life: ctx, values: ctx, holder: &s.holder}, func() {}, fn, true)
}
