package shutdown

import (
	"time"
)

// A part is something that runs and is waited for: an actor, a service, a
// finalizer while it runs, the function of a scope. What could be stuck is the
// parts that have begun and not ended, and the holds.
type part struct {
	component
	id     uint64 // the label of its goroutines; 0 if they are not the manager's
	inside *part  // the one with whose context it was begun; nil if that is nobody's
	during int    // which round of that

	// guarded by the engine's mu
	began     time.Time     // when it began to run
	told      time.Time     // when it was told to end; zero before, and of actors
	round     int           // of a runner: which of those that it runs one after the other
	over      bool          // it has ended
	overtaken bool          // its time is up, and the next goes on
	cut       bool          // the time for its work ended while it ran
	named     bool          // an event has said already that it is stuck
	done      chan struct{} // closed when it is over; nil until somebody waits
	news      chan struct{} // if not nil: receives when it is over; see list

	crowd      *crowd // that it is in, if in any
	prev, next *part
}

// awaitedLocked returns a channel that is closed when p is over.
func (p *part) awaitedLocked() <-chan struct{} {
	if p.done == nil {
		p.done = make(chan struct{})
		if p.over {
			close(p.done)
		}
	}
	return p.done
}

// endLocked says that p is over.
func (p *part) endLocked() {
	p.over = true
	p.leaveCrowdLocked()
	if p.done != nil {
		close(p.done)
	}
	if p.news != nil {
		signal(p.news)
	}
}

// leaveCrowdLocked says that p is not waited for by name any more.
func (p *part) leaveCrowdLocked() {
	if p.crowd != nil {
		p.crowd.remove(p)
	}
}

// isOvertakenLocked reports whether p, or what it lies in, has been overtaken.
func (p *part) isOvertakenLocked() bool {
	for during := p.round; p != nil; p = p.inside {
		if p.overtaken && p.round == during {
			return true
		}
		during = p.during
	}
	return false
}

// isCutLocked reports whether the time for p's work, or for what it lies in, ended
// while it ran.
func (p *part) isCutLocked() bool { return p != nil && (p.cut || p.inside.isCutLocked()) }

// A crowd is the parts of one kind that have begun and not ended, in the order
// in which they began. It is guarded by the engine's mu.
type crowd struct {
	first, last *part
	len         int
}

func (c *crowd) add(p *part) {
	p.crowd, p.prev = c, c.last
	if c.last != nil {
		c.last.next = p
	} else {
		c.first = p
	}
	c.last = p
	c.len++
}

func (c *crowd) remove(p *part) {
	if p.prev != nil {
		p.prev.next = p.next
	} else {
		c.first = p.next
	}
	if p.next != nil {
		p.next.prev = p.prev
	} else {
		c.last = p.prev
	}
	p.crowd, p.prev, p.next = nil, nil, nil
	c.len--
}

// signal sends on c unless something is in it already.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func closeOnce(c chan struct{}) {
	if !isClosed(c) {
		close(c)
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
