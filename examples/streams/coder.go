package streams

import (
	"context"
	"net/http"

	"github.com/coder/websocket"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// CoderEcho is a WebSocket that says everything twice, by coder/websocket.
func CoderEcho(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, nil)
	if err != nil {
		return // Accept has answered
	}
	defer c.CloseNow()

	// The library closes the connection, without a word, when the context that
	// it reads with ends. So that must not end with the stop: it is Close that
	// ends the read, after its frame has been sent.
	stop := context.AfterFunc(shutdown.FromContext(r.Context()).Context(), func() {
		_ = c.Close(websocket.StatusGoingAway, "the server is stopping") // its client may be quicker
	})
	defer stop()

	for {
		kind, message, err := c.Read(r.Context())
		if err != nil {
			return // the client has gone, or we have
		}
		if err := c.Write(r.Context(), kind, message); err != nil {
			return
		}
	}
}
