package actors

import (
	"fmt"
	"net"
	"net/http"
)

// cut closes the connections with something in flight, which is late from now
// on. The contexts of the requests must still be alive: a handler that sees its
// own end returns, and the server then completes what it has written, with a
// last chunk or END_STREAM, for all the world like a whole response.
func (t *traffic) cut() {
	t.mu.Lock()
	found := make(map[*connection]bool)
	t.tooLate, t.isCut = t.tooLate+t.requests, true
	for _, c := range t.conns {
		switch {
		case c.state == http.StateHijacked && c.requests > 0:
			found[c] = false
		case c.entered && c.state == http.StateActive:
			if c.requests == 0 && !c.cut {
				t.tooLate++ // its handler has returned, and the response is being written
			}
			found[c] = c.bare || c.requests > 0 && !c.multiplexed
		}
	}
	t.mu.Unlock()
	for c, reset := range found {
		c.abort(reset)
	}
}

// abort closes the connection in such a way that its client cannot take what
// it has got for everything: without the goodbye of TLS and, where the response
// may have no other end than that of the connection, with a reset. (Unix sockets
// have no resets.)
func (c *connection) abort(reset bool) {
	conn := c.Conn
	for range 4 { // crypto/tls, and others like it
		outer, ok := conn.(interface{ NetConn() net.Conn })
		if !ok || outer.NetConn() == nil {
			break
		}
		conn = outer.NetConn()
	}
	if tcp, ok := conn.(interface{ SetLinger(sec int) error }); ok && reset {
		_ = tcp.SetLinger(0) // if it fails, the connection is gone
	}
	_ = conn.Close()
}

// abandon ends the response to r, a request on c, whose handler has returned
// too late. It panics, so that the server does not complete it.
func (c *connection) abandon(r *http.Request) {
	if c != nil && r.ProtoMajor == 1 {
		c.abort(true)
	}
	panic(http.ErrAbortHandler)
}

// timeUp is called when the work's time is up, whatever the server is doing.
func (s *httpServer) timeUp() {
	s.traffic.cut()
	s.endRequests(errTimeUp)
	close(s.isCut)
}

// finishCut returns when the handlers have, so that nobody takes away what they
// stand on; the manager waits for that only so long.
//
// Its error must not wrap the cause of the stop: an actor that returns that has
// done what it was asked for.
func (s *httpServer) finishCut() error {
	t := &s.traffic
	<-s.isCut
	_ = s.Close() // the listener's error is known already
	t.await(t.idle, 0, nil)
	if n := t.late(); n > 0 {
		requests := "requests"
		if n == 1 {
			requests = "request"
		}
		return fmt.Errorf("actors: %s: time was up with %d %s in flight", s.function, n, requests)
	}
	return nil
}
