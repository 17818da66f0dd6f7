package shutdown

var defaultManager = processManager()

// Default returns the process's own manager: the one of [Main], [Register] and
// [Exit], and of every context that belongs to no other. It lives as long as
// the process. Its fields are to be set before Main. Nobody runs it unless the
// program calls Main, or its Run.
func Default() *Manager { return defaultManager }

// processManager returns a manager with its channels made. Those of the process's own
// must not be made when they are first needed: that may be in a test's bubble
// (testing/synctest), outside of which they would be of no use.
func processManager() *Manager {
	m := &Manager{isProcess: true}
	m.ready()
	nobodys = m.ctx.holder
	m.ctx.Done() // made by context at the first call
	m.work.Done()
	return m
}

// Register registers fn with the process's own manager; see
// [Manager.Register]. It may be called from any package, init functions
// included. Nobody runs fn unless the program calls [Main], or Default's Run: in
// a test nobody does.
func Register[F Func](name string, fn F, opts ...FinalizerOption) *Finalizer {
	must(fn != nil, "Register", name, nilFunc)
	m := Default()
	return m.register(&m.root, name, fn, callSite(), opts)
}
