package actors

import (
	"net/http"
	"time"
)

// Some handlers hijack a connection and give it to a server of their own, as
// those of x/net's h2c do: one handler for all requests of the connection, which
// returns when its client leaves. That server tells the hooks of the first one
// whether it has something to do.

// innerLocked notes what such a server says of c.
func (t *traffic) innerLocked(c *connection, state http.ConnState) {
	c.idle = state == http.StateIdle
	if c.idle && t.leaving {
		t.closeInnerSoon()
	}
}

// leave closes the connections of inner servers as soon as they are idle.
func (t *traffic) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.leaving = true
	t.closeInnerSoon()
}

// closeInnerSoon leaves time for the last frames, and for a request that is
// about to be read: a connection is idle, too, before its first one.
func (t *traffic) closeInnerSoon() {
	time.AfterFunc(lastFrames, func() {
		t.closeIf(func(c *connection) bool { return c.state == http.StateHijacked && c.idle })
	})
}
