package streams

import (
	"fmt"
	"net/http"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// Events returns a handler of server-sent events: one for each message.
//
// An EventSource comes back by itself when its stream ends; retry says when. A
// program with a drain ends its streams at Draining, while another replica is
// there for them. Without a drain that is the same moment as the end of Context.
func Events(messages <-chan string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		m := shutdown.FromContext(r.Context())
		out := http.NewResponseController(w)
		w.Header().Set("Content-Type", "text/event-stream")
		_ = out.Flush() // the client is told that it is heard
		for {
			select {
			case message := <-messages:
				fmt.Fprintf(w, "data: %s\n\n", message)
				_ = out.Flush()
			case <-m.Draining():
				fmt.Fprintf(w, "retry: %d\n\n", (100 * time.Millisecond).Milliseconds())
				return
			case <-r.Context().Done():
				return // the client has gone
			}
		}
	}
}
