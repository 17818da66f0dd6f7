package shutdown

// A list holds finalizers, newest first. A manager has one, and each scope has
// one, all guarded by the manager's mu.
type list struct {
	newest *Finalizer
	len    int
	held   int           // entries that are scopes, each of which is a hold as well
	closed bool          // nothing is put on it any more
	pushed chan struct{} // if not nil: of capacity 1, receives when something is put on it

	hand     *Finalizer // the next to be looked at by sweep
	fresh    int        // resources put on it since the last sweep
	sweeping bool       // a sweep has not ended yet
}

// push puts f on top: it is the next to run.
func (l *list) push(f *Finalizer) {
	f.list, f.older = l, l.newest
	if l.newest != nil {
		l.newest.newer = f
	}
	l.newest = f
	l.len++
	if l.pushed != nil {
		select {
		case l.pushed <- struct{}{}:
		default:
		}
	}
}

func (l *list) remove(f *Finalizer) {
	if l.hand == f {
		l.hand = f.older
	}
	if f.newer != nil {
		f.newer.older = f.older
	} else {
		l.newest = f.older
	}
	if f.older != nil {
		f.older.newer = f.newer
	}
	f.list, f.newer, f.older = nil, nil, nil
	l.len--
}

// replace puts what s holds, in its order, where the entry of s is, and takes
// that off. This is how the finalizers of a scope become those of the list
// around it.
func (l *list) replace(s *scope) {
	s.list.closed = true
	for s.list.newest != nil {
		f := s.list.newest
		s.list.remove(f)
		l.insertBefore(s.entry, f)
	}
	l.remove(s.entry)
	l.held, s.list.held = l.held+s.list.held, 0
	if s.hold != (holdKey{}) {
		l.held--
	}
}

// insertBefore puts g where f is, and f next: g is newer than f.
func (l *list) insertBefore(f, g *Finalizer) {
	g.list, g.newer, g.older = l, f.newer, f
	if f.newer != nil {
		f.newer.older = g
	} else {
		l.newest = g
	}
	f.newer = g
	l.len++
}

func (l *list) oldest() *Finalizer {
	f := l.newest
	for f != nil && f.older != nil {
		f = f.older
	}
	return f
}
