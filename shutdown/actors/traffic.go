package actors

import (
	"net"
	"net/http"
	"sync"
	"time"
)

// Traffic is what goes on in a server. Connections alone do not tell: a handler
// may still run when its connection is hijacked, or its HTTP/2 stream reset.
// Handlers alone do not tell either: a response is written after its handler
// has returned.
type traffic struct {
	mu sync.Mutex

	// guarded by mu
	conns    map[net.Conn]*connection
	states   [http.StateClosed + 1]int // how many connections there are in each state
	arriving int                       // connections with a request that no handler has yet
	requests int                       // whose handlers are running
	tooLate  int                       // whose handlers returned after their time

	changed chan struct{} // of capacity 1: receives when something has ended
}

type connection struct {
	state    http.ConnState
	accepted time.Time
	arriving bool // a request has been read, and no handler has been called yet
}

func (t *traffic) init() {
	t.conns = make(map[net.Conn]*connection)
	t.changed = make(chan struct{}, 1)
}

// enter notes that c is in another state. What is said of a connection that
// this server did not accept, or that has been hijacked, is said by another
// server that a handler has given it to; it is forgotten when that handler
// returns.
func (t *traffic) enter(c net.Conn, state http.ConnState) {
	t.mu.Lock()
	defer t.mu.Unlock()
	known := t.conns[c]
	switch {
	case known == nil && state == http.StateNew:
		known = &connection{accepted: time.Now()}
		t.conns[c] = known
	case known == nil || known.state == http.StateHijacked:
		return
	default:
		t.states[known.state]--
	}
	known.state = state
	t.states[state]++
	t.arriveLocked(known, state == http.StateActive)
	if state == http.StateClosed {
		t.forgetLocked(c)
	}
	t.changedLocked()
}

func (t *traffic) forgetLocked(c net.Conn) {
	t.states[t.conns[c].state]--
	delete(t.conns, c)
}

// arriveLocked notes whether a request is arriving on c. A server that is shut
// down at that moment drops it.
func (t *traffic) arriveLocked(c *connection, arriving bool) {
	switch {
	case arriving && !c.arriving:
		t.arriving++
	case c.arriving && !arriving:
		t.arriving--
		t.changedLocked()
	}
	c.arriving = arriving
}

// began notes that a handler, of a request on c, is called.
func (t *traffic) began(c net.Conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.requests++
	if known := t.conns[c]; known != nil {
		t.arriveLocked(known, false)
	}
}

// ended notes that a handler, of a request on c, has returned, too late or not.
func (t *traffic) ended(c net.Conn, late bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.requests--
	if late {
		t.tooLate++
	}
	if known := t.conns[c]; known != nil && known.state == http.StateHijacked {
		t.forgetLocked(c)
	}
	t.changedLocked()
}

func (t *traffic) changedLocked() {
	select {
	case t.changed <- struct{}{}:
	default:
	}
}

// noneArriving reports whether every connection has sent a request, and every
// request has its handler.
func (t *traffic) noneArriving() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.states[http.StateNew] == 0 && t.arriving == 0
}

// idle reports whether nothing is in flight.
func (t *traffic) idle() bool {
	requests, conns := t.inFlight()
	return requests == 0 && conns == 0
}

func (t *traffic) inFlight() (requests, conns int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.requests, t.states[http.StateActive]
}

// late returns how many requests were in flight when their time was up, of
// those whose handlers have returned.
func (t *traffic) late() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.tooLate
}

// goneOrBusy reports whether no connection is left, or something is in flight.
func (t *traffic) goneOrBusy() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.conns) == 0 || t.requests > 0 || t.states[http.StateActive] > 0
}

// settle returns true when nothing is in flight any more and the connections
// are closed, or as good as closed. It returns false if end comes before what
// was in flight has been answered.
//
// An HTTP/2 connection becomes idle a moment before its last frames are
// written, and a client that has not read the GOAWAY yet may still begin a
// stream.
func (t *traffic) settle(end <-chan struct{}) bool {
	for t.await(t.idle, 0, end) {
		t.await(t.goneOrBusy, lastFrames, end)
		if t.idle() {
			return t.late() == 0
		}
	}
	return false
}

// await returns true when over does, or false after limit, if that is not 0,
// or when end is closed. If they coincide, it is over. Only one goroutine may
// wait at a time.
func (t *traffic) await(over func() bool, limit time.Duration, end <-chan struct{}) bool {
	if over() {
		return true
	}
	var late <-chan time.Time
	if limit > 0 {
		timer := time.NewTimer(limit)
		defer timer.Stop()
		late = timer.C
	}
	for {
		select {
		case <-t.changed:
			if over() {
				return true
			}
		case <-late:
			return over()
		case <-end:
			return over()
		}
	}
}

// closeFresh closes the connections that were accepted at least age ago and
// have not sent a request yet.
func (t *traffic) closeFresh(age time.Duration) {
	now := time.Now()
	t.closeIf(func(c *connection) bool {
		return c.state == http.StateNew && now.Sub(c.accepted) >= age
	})
}

// closeHijacked closes the hijacked connections whose handlers are running.
func (t *traffic) closeHijacked() {
	t.closeIf(func(c *connection) bool { return c.state == http.StateHijacked })
}

func (t *traffic) closeIf(matches func(*connection) bool) {
	var found []net.Conn
	t.mu.Lock()
	for conn, c := range t.conns {
		if matches(c) {
			found = append(found, conn)
		}
	}
	t.mu.Unlock()
	for _, conn := range found {
		_ = conn.Close() // whoever reads from it will see that
	}
}
