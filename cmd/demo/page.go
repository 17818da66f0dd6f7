package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

//go:embed page.html
var pageHTML []byte

// A page shows in a browser what the program is doing.
type page struct{}

func (page) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(pageHTML) // it fails only if the client is gone
}

// liveEvery is how often the page hears of something new.
const liveEvery = 250 * time.Millisecond

// live is a stream of server-sent events for the page: how many jobs there are,
// and how far the program is. A stream never ends by itself, so a stop that
// waited for it would wait in vain: it goes on while the manager is Draining,
// and when the manager's Context ends it says a last word and ends, too.
type live struct {
	m   *shutdown.Manager
	api *api
}

func (l live) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	tick := time.NewTicker(liveEvery)
	defer tick.Stop()
	for {
		if err := l.tell(w, r); err != nil {
			return // the client is gone, or the database
		}
		select {
		case <-r.Context().Done():
			return
		case <-l.m.Context().Done():
			_ = l.tell(w, r) // the last word
			return
		case <-tick.C:
		}
	}
}

// tell sends one event.
func (l live) tell(w http.ResponseWriter, r *http.Request) error {
	t, err := l.api.jobs.count(r.Context())
	if err != nil {
		return err
	}
	news, err := json.Marshal(map[string]any{
		"state": l.m.State().String(), "pending": l.m.Report().Pending,
		"accepted": l.api.books.accepted.Load(), "finished": l.api.books.done.Load(),
		"queued": t.Queued, "working": t.Working, "done": t.Done,
	})
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(w, "data: %s\n\n", news); err != nil {
		return err
	}
	return http.NewResponseController(w).Flush()
}
