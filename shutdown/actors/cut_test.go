package actors_test

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/actors"
)

// A half is a handler that writes one half of its response, waits for the end
// of a context and returns, as one does that runs out of rows.
type half struct {
	until func(m *shutdown.Manager, r *http.Request) context.Context
	begun chan struct{}
}

func (h *half) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.WriteString(w, "the first half\n")
	_ = http.NewResponseController(w).Flush()
	h.begun <- struct{}{}
	<-h.until(shutdown.FromContext(r.Context()), r).Done()
}

// Where a handler can hear that the time is up.
var heard = map[string]func(m *shutdown.Manager, r *http.Request) context.Context{
	"its request": func(_ *shutdown.Manager, r *http.Request) context.Context { return r.Context() },
	"the manager": func(m *shutdown.Manager, _ *http.Request) context.Context { return m.WorkContext() },
	"Work(ctx)":   func(_ *shutdown.Manager, r *http.Request) context.Context { return shutdown.Work(r.Context()) },
	"its own base": func(_ *shutdown.Manager, r *http.Request) context.Context {
		return context.WithoutCancel(r.Context()).Value(baseKey{}).(context.Context)
	},
}

type baseKey struct{}

// withBase gives srv a BaseContext of the program's own.
func withBase(srv *http.Server, m *shutdown.Manager) {
	srv.BaseContext = func(net.Listener) context.Context {
		own := m.WorkContext()
		return context.WithValue(own, baseKey{}, own)
	}
}

const (
	cutRequests = 8 // at the same time
	cutGrace    = 2 * time.Second
)

func TestHTTP_aResponseThatIsCutDoesNotLookWhole(t *testing.T) {
	t.Parallel()
	for where, until := range heard {
		for name := range protocols(t, nil) {
			t.Run(name+", heard from "+where, func(t *testing.T) {
				t.Parallel()
				h := &half{until: until, begun: make(chan struct{}, cutRequests)}
				p := protocols(t, h)[name]
				m := newManager(cutGrace, 0)
				if where == "its own base" {
					withBase(p.srv, m)
				}
				actor(m, actors.HTTP(p.srv, p.ln))
				result := start(m)
				ends := make(chan error, cutRequests)
				for range cutRequests {
					go func() {
						_, err := get(p.client, p.url)
						ends <- err
					}()
				}
				for range cutRequests {
					<-h.begun
				}
				m.Stop(nil)
				for range cutRequests {
					if err := <-ends; err == nil {
						t.Error("a response that was cut looked whole to its client")
					}
				}
				if err := <-result; err == nil {
					t.Error("Run() = nil, want an error: requests were cut")
				}
			})
		}
	}
}

// The end of an HTTP/1.0 response without a length is that of its connection.
func TestHTTP_aCutThatOnlyTheConnectionCanTellIsAReset(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"HTTP/1", "HTTP/1 with TLS"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := &half{until: heard["its request"], begun: make(chan struct{}, 1)}
			p := protocols(t, h)[name]
			m := newManager(cutGrace, 0)
			actor(m, actors.HTTP(p.srv, p.ln))
			result := start(m)
			c, err := net.Dial("tcp", p.ln.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasSuffix(name, "TLS") {
				c = tls.Client(c, &tls.Config{InsecureSkipVerify: true})
			}
			defer func() { _ = c.Close() }()
			if _, err := io.WriteString(c, "GET / HTTP/1.0\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
			<-h.begun
			m.Stop(nil)
			if got, err := io.ReadAll(c); err == nil {
				t.Errorf("the client read %q and a clean end", got)
			}
			<-result
		})
	}
}

func TestHTTP_aForcedStopCutsInTheSameWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, ln := newManager(10*time.Second, 0), newPipeListener()
		h := &half{until: heard["its request"], begun: make(chan struct{}, 1)}
		actor(m, actors.HTTP(&http.Server{Handler: h}, ln))
		result := start(m)
		request := getLater(ln.client(t), "http://x/")
		<-h.begun
		m.Signal(syscall.SIGINT)
		time.Sleep(time.Second)
		m.Signal(syscall.SIGINT)
		if <-request == nil {
			t.Error("a response that was cut looked whole to its client")
		}
		<-result
	})
}

func TestHTTP_saysHowManyRequestsWereCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, ln := newManager(10*time.Second, 0), newPipeListener()
		h := &half{until: heard["its request"], begun: make(chan struct{}, cutRequests)}
		returned := actor(m, actors.HTTP(&http.Server{Handler: h}, ln))
		result, client := start(m), ln.client(t)
		var requests []<-chan error
		for range cutRequests {
			requests = append(requests, getLater(client, "http://x/"))
			<-h.begun
		}
		m.Stop(nil)
		if err := <-returned; err == nil || !strings.Contains(err.Error(), "time was up with 8 requests in flight") {
			t.Errorf("the actor returned %v, want an error that says that 8 requests were cut", err)
		}
		for _, request := range requests {
			<-request
		}
		<-result
	})
}

func TestHTTP_whatWasAnsweredInTimeIsWhole(t *testing.T) {
	t.Parallel()
	for name, p := range protocols(t, nil) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			late, inTime := newGate(), newGate()
			mux := http.NewServeMux()
			mux.Handle("/late", late)
			mux.Handle("/in-time", inTime)
			p.srv.Handler = mux
			m := newManager(cutGrace, 0)
			actor(m, actors.HTTP(p.srv, p.ln))
			result := start(m)
			cut, whole := getLater(p.client, p.url+"/late"), getLater(p.client, p.url+"/in-time")
			<-late.begun
			<-inTime.begun
			m.Stop(nil)
			<-m.Context().Done()
			close(inTime.open)
			if err := <-whole; err != nil {
				t.Errorf("the request that was answered in time failed: %v", err)
			}
			if <-cut == nil {
				t.Error("the request that was cut succeeded")
			}
			if err := <-result; err == nil {
				t.Error("Run() = nil, want an error: a request was cut")
			}
		})
	}
}
