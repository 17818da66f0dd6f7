//go:build unix

package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	callerCount = 16
	callerPace  = 40 * time.Millisecond // from one request of a client to its next
)

// Callers are clients that post jobs at a constant pace, each on a connection
// of its own that it keeps. Nothing is tried twice.
type callers struct {
	clients sync.WaitGroup
	turn    atomic.Uint64 // whose kind of body it is
	once    sync.Once
	enough  chan struct{} // closed when they are to end

	mu  sync.Mutex // guards got
	got result
}

// startCallers lets the clients loose on url, and returns when each has had an answer.
func startCallers(t *testing.T, url string) *callers {
	t.Helper()
	c := &callers{enough: make(chan struct{}), got: result{failures: map[string]int{}}}
	ctx := untilDeadline(t)
	var begun sync.WaitGroup
	for range callerCount {
		begun.Add(1)
		c.clients.Go(func() { c.one(ctx, url, begun.Done) })
	}
	t.Cleanup(func() { c.end() }) // if the test gives up
	begun.Wait()
	return c
}

// one is one client.
func (c *callers) one(ctx context.Context, url string, begun func()) {
	transport := &http.Transport{DisableCompression: true}
	defer transport.CloseIdleConnections()
	c.note(c.post(ctx, transport, url))
	begun()
	tick := time.NewTicker(callerPace)
	defer tick.Stop()
	for {
		select {
		case <-c.enough:
			return
		case <-ctx.Done():
			return
		case <-tick.C:
			c.note(c.post(ctx, transport, url))
		}
	}
}

// largeText makes a body that is on its way for a while, and that a proxy may
// write to a file.
var largeText = strings.Repeat("rolling ", 25_000) // 200 kB

// post posts a job and returns its id. The bodies are small, in chunks and
// large, in turn. The transport cannot try again: it is given a body that cannot
// be read twice.
func (c *callers) post(ctx context.Context, transport *http.Transport, url string) (id int64, err error) {
	kind, job := c.turn.Add(1)%3, "rolling"
	if kind == 2 {
		job = largeText
	}
	body := strings.NewReader(`{"text": "` + job + `", "work_ms": 5}`)
	request, err := http.NewRequestWithContext(ctx, "POST", url+"/jobs", io.NopCloser(body))
	if err != nil {
		return 0, err
	}
	request.ContentLength = body.Size()
	if kind == 1 {
		request.ContentLength = -1 // in chunks
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err
	}
	if response.StatusCode != http.StatusAccepted {
		return 0, errors.New(response.Status)
	}
	var answer struct{ ID int64 }
	err = json.Unmarshal(text, &answer)
	return answer.ID, err
}

func (c *callers) note(id int64, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		c.got.failures[err.Error()]++
		return
	}
	c.got.accepted = append(c.got.accepted, id)
}

// end lets every client finish its request, and returns what they saw.
func (c *callers) end() result {
	c.once.Do(func() { close(c.enough) })
	c.clients.Wait()
	return c.got
}
