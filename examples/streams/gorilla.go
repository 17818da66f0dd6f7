package streams

import (
	"context"
	"net/http"
	"time"

	"github.com/gorilla/websocket"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// goodbye is how long a client may take to answer a close frame.
const goodbye = time.Second

var upgrader websocket.Upgrader

// GorillaEcho is a WebSocket that says everything twice, by gorilla/websocket.
func GorillaEcho(w http.ResponseWriter, r *http.Request) {
	c, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // Upgrade has answered
	}
	defer c.Close()

	// The library knows no contexts: a read ends with the client's answer to the
	// close frame, or at the deadline. Both of these may be called while another
	// goroutine reads and writes.
	stop := context.AfterFunc(shutdown.FromContext(r.Context()).Context(), func() {
		until := time.Now().Add(goodbye)
		going := websocket.FormatCloseMessage(websocket.CloseGoingAway, "the server is stopping")
		_ = c.WriteControl(websocket.CloseMessage, going, until) // its client may be quicker
		_ = c.NetConn().SetReadDeadline(until)
	})
	defer stop()

	for {
		kind, message, err := c.ReadMessage()
		if err != nil {
			return // the client has gone, or we have
		}
		if err := c.WriteMessage(kind, message); err != nil {
			return
		}
	}
}
