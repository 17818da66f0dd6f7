package actors_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown/actors"
)

func TestServe_drainsAndFinishesWhatIsInFlight(t *testing.T) {
	g := newGate()
	for name, p := range protocols(t, g) {
		t.Run(name, func(t *testing.T) {
			g.open = make(chan struct{})
			m := newManager(time.Minute, 0)
			serve := func() error { return p.srv.Serve(p.ln) }
			if p.tls != nil { // with a listener that knows nothing of it
				p.srv.TLSConfig = &tls.Config{Certificates: p.tls.Certificates, NextProtos: p.tls.NextProtos}
				plain := loopback(t)
				p.url = "https://" + plain.Addr().String()
				serve = func() error { return p.srv.ServeTLS(plain, "", "") }
			}
			returned := actor(m, actors.Serve(p.srv, serve))
			result := start(m)
			request := getLater(p.client, p.url)
			if r := <-g.begun; r.ProtoMajor != p.major {
				t.Errorf("the request came by HTTP/%d, want HTTP/%d", r.ProtoMajor, p.major)
			}
			m.Stop(nil)
			<-m.Context().Done()
			close(g.open)
			wantNil(t, "the request in flight ended with", request)
			wantNil(t, "the actor returned", returned)
			wantNil(t, "Run() =", result)
		})
	}
}

func TestServe_asksClientsToLeaveInADrainAndCutsWhenTimeIsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, ln := newManager(10*time.Second, 5*time.Second), newPipeListener()
		h := &half{until: heard["its request"], begun: make(chan struct{}, 1)}
		mux := http.NewServeMux()
		mux.Handle("/half", h)
		srv := &http.Server{Handler: mux}
		returned := actor(m, actors.Serve(srv, func() error { return srv.Serve(ln) }))
		result := start(m)
		cut := getLater(ln.client(t), "http://x/half")
		<-h.begun
		began := time.Now()
		m.Signal(syscall.SIGTERM)
		time.Sleep(time.Second)
		if a, err := get(ln.client(t), "http://x/"); err != nil || !a.closes {
			t.Errorf("while draining: %+v, %v; want an answer with Connection: close", a, err)
		}
		if <-cut == nil {
			t.Error("the response that was cut looked whole")
		}
		if err := <-returned; err == nil || !strings.Contains(err.Error(), "Serve: time was up with 1 request in flight") {
			t.Errorf("the actor returned %v, want an error that says what was cut", err)
		}
		wantAfter(t, began, 8*time.Second)
		<-result
	})
}

func TestServe_whatServeFailsWithBeginsTheStop(t *testing.T) {
	m := newManager(time.Minute, 0)
	broken := errors.New("address in use")
	m.Go("http", actors.Serve(&http.Server{}, func() error { return broken }))
	if err := <-start(m); !errors.Is(err, broken) {
		t.Errorf("Run() = %v, want %v", err, broken)
	}
}

func TestServe_whatServeReturnsAfterTheStopIsItsAnswer(t *testing.T) {
	m, ln := newManager(time.Minute, 0), loopback(t)
	srv := &http.Server{}
	m.Go("http", actors.Serve(srv, func() error {
		_ = srv.Serve(ln)
		return errors.New("listen and serve: server closed") // not wrapped
	}))
	result := start(m)
	m.Stop(nil)
	wantNil(t, "Run() =", result)
}

func TestServe_aShutdownByTheProgramItselfIsSuccess(t *testing.T) {
	m, ln := newManager(time.Minute, 0), loopback(t)
	srv := &http.Server{}
	m.Go("http", actors.Serve(srv, func() error { return srv.Serve(ln) }))
	result := start(m)
	if err := srv.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantNil(t, "Run() =", result)
}

func TestServe_aFrameworkThatTakesTheHooksAwayIsAnError(t *testing.T) {
	for hook, take := range map[string]func(*http.Server){
		"Handler": func(srv *http.Server) { srv.Handler = http.NotFoundHandler() },
		"ConnContext": func(srv *http.Server) {
			srv.ConnContext = func(ctx context.Context, _ net.Conn) context.Context { return ctx }
		},
		"ConnState": func(srv *http.Server) { srv.ConnState = nil },
	} {
		t.Run(hook, func(t *testing.T) {
			m, ln := newManager(time.Minute, 0), loopback(t)
			srv := &http.Server{ErrorLog: quiet}
			m.Go("http", actors.Serve(srv, func() error {
				take(srv)
				return srv.Serve(ln)
			}))
			result := start(m)
			client := newClient(t, new(http.Transport))
			_, _ = get(client, "http://"+ln.Addr().String())
			if err := <-result; err == nil || !strings.Contains(err.Error(), hook) || !strings.Contains(err.Error(), "was set after the actor had started") {
				t.Errorf("Run() = %v, want an error that names %s", err, hook)
			}
		})
	}
}
