package shutdown

import "runtime"

// calls are lines of source, as file:line.
type calls map[string]bool

// scopesAround returns where the scopes were called whose function calls Run: in
// whose stack it is, and those of its context.
func scopesAround(h *holder, own *engine) calls {
	around := make(calls)
	if h != nil && h.engine == own {
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
func (e *engine) letRunLocked(l *list, around calls) {
	for f := l.newest; f != nil && len(around) > 0; f = f.older {
		s, ok := f.fn.(*scope)
		if !ok {
			continue
		}
		e.letRunLocked(&s.list, around)
		if around[siteName(s.site)] {
			l.count(f, -1)
			s.runs, s.held = true, false
			l.count(f, 1)
			e.live--
			s.leaveCrowdLocked() // it waits for the stop, and not the other way round
		}
	}
}
