//go:build unix

package main

import (
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"
	"time"
)

// A balancer is a proxy of a few lines: httputil's, with health checks. Like
// the clients it tries nothing twice.
type balancer struct {
	t        *testing.T
	ctx      context.Context // ends before the test would time out
	server   *httptest.Server
	backends [2]*backend
	turn     atomic.Uint64
}

// A backend is a replica as the balancer sees it.
type backend struct {
	address atomic.Pointer[url.URL]
	up      atomic.Bool
	became  chan bool // receives each change of up; wide enough for all of them
}

func startBalancer(t *testing.T, replicas [2]string) proxy {
	t.Helper()
	b := &balancer{t: t, ctx: untilDeadline(t)}
	for i, address := range replicas {
		b.backends[i] = &backend{became: make(chan bool, 1<<10)}
		b.backends[i].up.Store(true)
		b.moved(i, address)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: callerCount, DisableCompression: true}
	b.server = httptest.NewServer(&httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(b.next().address.Load()) },
		Transport: transport,
		ErrorLog:  log.New(io.Discard, "", 0), // the clients count the 502s
	})
	t.Cleanup(b.server.Close)
	t.Cleanup(transport.CloseIdleConnections)
	b.watch(t)
	return b
}

// watch checks the backends' health until the test ends.
func (b *balancer) watch(t *testing.T) {
	ctx, cancel := context.WithCancel(b.ctx)
	done := make(chan struct{}, len(b.backends))
	for _, r := range b.backends {
		go func() { // ends with ctx
			r.watch(ctx)
			done <- struct{}{}
		}()
	}
	t.Cleanup(func() {
		cancel()
		for range b.backends {
			<-done
		}
	})
}

// next returns the backend whose turn it is, of those that are up.
func (b *balancer) next() *backend {
	turn := int(b.turn.Add(1) % 2)
	if r := b.backends[turn]; r.up.Load() {
		return r
	}
	return b.backends[1-turn]
}

func (b *balancer) url() string { return b.server.URL }

func (b *balancer) moved(i int, address string) {
	b.t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		b.t.Fatal(err)
	}
	b.backends[i].address.Store(u)
}

func (b *balancer) awaitDown(i int) { b.t.Helper(); b.await(i, false) }
func (b *balancer) awaitUp(i int)   { b.t.Helper(); b.await(i, true) }

func (b *balancer) await(i int, up bool) {
	b.t.Helper()
	for {
		select {
		case became := <-b.backends[i].became:
			if became == up {
				return
			}
		case <-b.ctx.Done():
			b.t.Fatalf("the proxy did not find out that replica %d was up (%v)", i, up)
		}
	}
}

// watch asks the replica whether it is ready, on a new connection each time.
func (r *backend) watch(ctx context.Context) {
	transport := &http.Transport{DisableKeepAlives: true}
	tick := time.NewTicker(checkEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if up := r.ready(ctx, transport); r.up.Swap(up) != up {
				r.became <- up
			}
		}
	}
}

func (r *backend) ready(ctx context.Context, transport *http.Transport) bool {
	request, err := http.NewRequestWithContext(ctx, "GET", r.address.Load().JoinPath("readyz").String(), nil)
	if err != nil {
		return false
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	return response.StatusCode == http.StatusOK
}
