package actors_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown/actors"
)

// A protocol is a way to serve HTTP, and a client that speaks it.
type protocol struct {
	srv    *http.Server
	ln     net.Listener
	tls    *tls.Config // nil without TLS
	client *http.Client
	url    string
	major  int
}

// protocols returns every way to serve handler.
func protocols(t *testing.T, handler http.Handler) map[string]protocol {
	plain := protocol{srv: &http.Server{Handler: handler}, ln: loopback(t), client: newClient(t, new(http.Transport)), major: 1}
	plain.url = "http://" + plain.ln.Addr().String()

	var h2c http.Protocols
	h2c.SetUnencryptedHTTP2(true)
	clear := protocol{
		srv: &http.Server{Handler: handler, Protocols: &h2c}, ln: loopback(t),
		client: newClient(t, &http.Transport{Protocols: &h2c}), major: 2,
	}
	clear.url = "http://" + clear.ln.Addr().String()

	return map[string]protocol{
		"HTTP/1":          plain,
		"HTTP/2":          clear,
		"HTTP/1 with TLS": withTLS(t, handler, "http/1.1"),
		"HTTP/2 with TLS": withTLS(t, handler, "h2"),
	}
}

func newClient(t *testing.T, transport *http.Transport) *http.Client {
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// withTLS uses the certificate that net/http's own tests use.
func withTLS(t *testing.T, handler http.Handler, next string) protocol {
	certified := httptest.NewTLSServer(nil)
	t.Cleanup(certified.Close)
	roots := x509.NewCertPool()
	roots.AddCert(certified.Certificate())
	ln := loopback(t)
	config := &tls.Config{Certificates: certified.TLS.Certificates, NextProtos: []string{next}}
	p := protocol{
		srv: &http.Server{Handler: handler},
		ln:  tls.NewListener(ln, config),
		tls: config,
		client: newClient(t, &http.Transport{
			ForceAttemptHTTP2: true,
			TLSClientConfig:   &tls.Config{RootCAs: roots, ServerName: "example.com"},
		}),
		url:   "https://" + ln.Addr().String(),
		major: 1,
	}
	if next == "h2" {
		p.major = 2
	}
	return p
}

func TestHTTP_everyProtocolDrainsAndFinishesWhatIsInFlight(t *testing.T) {
	g := newGate()
	mux := http.NewServeMux()
	mux.Handle("/slow", g)
	mux.HandleFunc("/from", func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.RemoteAddr) })
	for name, p := range protocols(t, mux) {
		t.Run(name, func(t *testing.T) {
			g.open = make(chan struct{})
			m := newManager(time.Minute, 30*time.Second)
			running := make(chan struct{})
			m.Go("started", func(ctx context.Context) error {
				close(running)
				<-ctx.Done()
				return nil
			})
			returned := actor(m, actors.HTTP(p.srv, p.ln))
			result := start(m)
			<-running

			from := func() string {
				a, err := get(p.client, p.url+"/from")
				if err != nil {
					t.Fatal(err)
				}
				if a.proto != p.major {
					t.Fatalf("the answer came by HTTP/%d, want HTTP/%d", a.proto, p.major)
				}
				return a.body
			}
			if first, second := from(), from(); first != second {
				t.Errorf("before the stop requests came from %s and %s, want one connection", first, second)
			}
			m.Signal(syscall.SIGTERM)
			if told, after := from(), from(); told == after {
				t.Errorf("while draining two requests came by one connection, want a new one for the second")
			}
			slow := getLater(p.client, p.url+"/slow")
			<-g.begun
			m.Stop(nil) // ends the drain
			<-m.Context().Done()
			close(g.open)
			wantNil(t, "the request in flight ended with", slow)
			wantNil(t, "the actor returned", returned)
			wantNil(t, "Run() =", result)
			if _, err := get(p.client, p.url+"/from"); err == nil {
				t.Error("after the stop: got an answer")
			}
		})
	}
}

func TestHTTP_anHTTP2ClientThatStaysIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h2c http.Protocols
		h2c.SetUnencryptedHTTP2(true)
		m, ln := newManager(10*time.Second, 0), newPipeListener()
		returned := actor(m, actors.HTTP(&http.Server{Handler: http.NotFoundHandler(), Protocols: &h2c}, ln))
		result := start(m)
		c, err := ln.dial(t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		go func() { _, _ = io.Copy(io.Discard, c) }() // reads the GOAWAY, and does nothing
		_, _ = io.WriteString(c, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"+"\x00\x00\x00\x04\x00\x00\x00\x00\x00")
		synctest.Wait()
		began := time.Now()
		m.Stop(nil)
		wantNil(t, "the actor returned", returned)
		if got, want := time.Since(began), 10*time.Millisecond; got != want {
			t.Errorf("the actor took %v, want %v", got, want)
		}
		<-result
		_ = c.Close()
	})
}
