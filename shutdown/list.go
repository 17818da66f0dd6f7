package shutdown

// A list holds finalizers, newest first. Every scope has one, the manager's own
// included, all guarded by the engine's mu.
type list struct {
	newest  *Finalizer
	len     int
	pending *int          // if not nil: counts what is on it that is not counted elsewhere
	closed  bool          // nothing is put on it any more
	news    chan struct{} // if not nil: of capacity 1, receives when something is put on it, or one of those ends that have been overtaken

	overtaken []*part // that go on

	mark  *Finalizer // the newest of those that are older than what has been taken
	hand  *Finalizer // the next to be looked at by sweep
	fresh int        // resources put on it since the last sweep
}

// push puts f on top: it is the next to run.
func (l *list) push(f *Finalizer) {
	l.insert(f, l.newest)
	if l.news != nil {
		signal(l.news)
	}
}

// insert puts f where older is, and that next; under everything if older is nil.
func (l *list) insert(f, older *Finalizer) {
	var newer *Finalizer
	if older != nil {
		newer, older.newer = older.newer, f
	} else {
		newer = l.oldest()
	}
	if newer != nil {
		newer.older = f
	} else {
		l.newest = f
	}
	f.list, f.newer, f.older = l, newer, older
	l.count(f, 1)
}

func (l *list) remove(f *Finalizer) {
	if l.hand == f {
		l.hand = f.older
	}
	if l.mark == f {
		l.mark = f.older
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
	l.count(f, -1)
}

// count notes that there is one more, or one less, to end. A scope that a stop
// waits for before it comes to any list is counted there.
func (l *list) count(f *Finalizer, n int) {
	l.len += n
	if s, ok := f.fn.(*scope); l.pending != nil && !(ok && s.held) {
		*l.pending += n
	}
}

// take takes the newest off, to be begun or given back.
func (l *list) take() *Finalizer {
	f := l.newest
	older := f.older
	l.remove(f)
	l.mark = older
	return f
}

// giveBack puts f, which was taken last, back where it was: what has been put on
// the list since is newer.
func (l *list) giveBack(f *Finalizer) { l.insert(f, l.mark) }

// waitAtTheEndLocked notes that p has been overtaken and goes on.
func (l *list) waitAtTheEndLocked(p *part) {
	p.news = l.newsLocked()
	l.overtaken = append(l.overtaken, p)
}

func (l *list) newsLocked() chan struct{} {
	if l.news == nil {
		l.news = make(chan struct{}, 1)
	}
	return l.news
}

// replace puts what s holds, in its order, where its entry is, and takes that
// off. This is how the finalizers of a scope become those of the list around it, and
// what goes on in it is waited for there.
func (l *list) replace(s *scope) {
	s.list.closed = true
	for f := s.list.newest; f != nil; f = s.list.newest {
		s.list.remove(f)
		l.insert(f, s.entry)
	}
	l.remove(s.entry)
	if s.clock == nil { // otherwise s waits for them itself, and hands them on
		for _, p := range s.list.overtaken {
			l.waitAtTheEndLocked(p)
		}
		s.list.overtaken = nil
	}
}

func (l *list) oldest() *Finalizer {
	f := l.newest
	for f != nil && f.older != nil {
		f = f.older
	}
	return f
}
