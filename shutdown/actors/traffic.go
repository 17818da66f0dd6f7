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
	conns    map[any]*connection       // by identity
	states   [http.StateClosed + 1]int // how many connections there are in each state
	arriving int                       // connections with a request that no handler has yet
	requests int                       // whose handlers are running
	tooLate  int                       // requests that were in flight when their time was up
	isCut    bool                      // tooLate is final
	leaving  bool                      // inner servers' connections are closed when they are idle

	changed chan struct{} // of capacity 1: receives when something has ended
}

// A connection is what is known of one. Its fields are guarded by traffic.mu.
type connection struct {
	net.Conn
	entered  bool // it has a state
	state    http.ConnState
	accepted time.Time
	arriving bool // a request has been read, and no handler has been called yet
	requests int  // whose handlers are running
	cut      bool // a handler of it has returned too late

	multiplexed bool // it is HTTP/2, which says where a response ends
	bare        bool // it is HTTP/1.0, where the connection's end may be that of the response

	idle bool // hijacked, and idle in the eyes of the server that has it now
}

func (t *traffic) init() {
	t.conns = make(map[any]*connection)
	t.changed = make(chan struct{}, 1)
}

// connection returns what is known of c, which has just been accepted.
func (t *traffic) connection(c net.Conn) *connection {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.connectionLocked(c)
}

func (t *traffic) connectionLocked(c net.Conn) *connection {
	key := identity(c)
	known := t.conns[key]
	if known == nil {
		known = &connection{Conn: c, accepted: time.Now()}
		t.conns[key] = known
	}
	return known
}

// knownLocked returns what is known of c, or of the connection in it, or nil.
func (t *traffic) knownLocked(c net.Conn) *connection {
	for range 4 { // nobody wraps one more often
		if known := t.conns[identity(c)]; known != nil {
			return known
		}
		inner, ok := inside[net.Conn](c, "Conn")
		if !ok {
			return nil
		}
		c = inner
	}
	return nil
}

// enter notes that c is in another state. What is said of a connection that
// has been hijacked is said by another server, that a handler has given it to
// and that knows its requests; it is forgotten when that handler returns.
func (t *traffic) enter(c net.Conn, state http.ConnState) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if state == http.StateNew {
		t.connectionLocked(c)
	}
	known := t.knownLocked(c)
	switch {
	case known == nil || !known.entered && state != http.StateNew:
		return
	case known.entered && known.state == http.StateHijacked:
		t.innerLocked(known, state)
		return
	case known.entered:
		t.states[known.state]--
	}
	known.entered, known.state = true, state
	t.states[state]++
	t.arriveLocked(known, state == http.StateActive)
	if state == http.StateClosed {
		t.forgetLocked(known)
	}
	t.changedLocked()
}

func (t *traffic) forgetLocked(c *connection) {
	t.states[c.state]--
	delete(t.conns, identity(c.Conn))
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

// began notes that the handler of r, a request on c, is called. It reports
// whether c has been heard of before.
func (t *traffic) began(c *connection, r *http.Request) (entered bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.requests++
	if c == nil {
		return false
	}
	c.requests++
	c.multiplexed, c.bare = r.ProtoMajor == 2, !r.ProtoAtLeast(1, 1)
	t.arriveLocked(c, false)
	return c.entered
}

// ended notes that a handler, of a request on c, has returned, too late or not.
// It reports whether the handler has hijacked the connection.
func (t *traffic) ended(c *connection, late bool) (hijacked bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.requests--
	if late && !t.isCut {
		t.tooLate++
	}
	if c != nil {
		c.requests--
		c.cut = c.cut || late
		if hijacked = c.entered && c.state == http.StateHijacked; hijacked {
			t.forgetLocked(c)
		}
	}
	t.changedLocked()
	return hijacked
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

// late returns how many requests were in flight when their time was up, as far
// as is known: before they are cut, only of those whose handlers have returned.
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

func (t *traffic) closeIf(matches func(*connection) bool) {
	for _, c := range t.find(matches) {
		_ = c.Close() // whoever reads from it will see that
	}
}

func (t *traffic) find(matches func(*connection) bool) (found []*connection) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range t.conns {
		if matches(c) {
			found = append(found, c)
		}
	}
	return found
}
