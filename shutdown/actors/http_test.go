package actors_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
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

var quiet = log.New(io.Discard, "", 0)

// http1 leaves HTTP/2 out, which has a function of RegisterOnShutdown itself:
// to wait for that takes a millisecond, or none.
var http1 = func() *http.Protocols {
	var p http.Protocols
	p.SetHTTP1(true)
	return &p
}()

// A gate is a handler that announces each request and answers it when told to,
// or when its context ends.
type gate struct {
	begun chan *http.Request
	open  chan struct{}
}

func newGate() *gate { return &gate{make(chan *http.Request, 16), make(chan struct{})} }

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.begun <- r
	select {
	case <-g.open:
		_, _ = io.WriteString(w, "done")
	case <-r.Context().Done():
		panic(http.ErrAbortHandler)
	}
}

func TestHTTP_returnsAtTheInstantOfTheLastAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, ln, g := newManager(10*time.Second, 0), newPipeListener(), newGate()
		returned := actor(m, actors.HTTP(&http.Server{Handler: g, Protocols: http1}, ln))
		result := start(m)
		request := getLater(ln.client(t), "http://x/")
		<-g.begun
		m.Stop(nil)
		began := time.Now()

		time.Sleep(3 * time.Second) // by now Shutdown alone would look twice a second
		close(g.open)
		wantNil(t, "the actor returned", returned)
		wantAfter(t, began, 3*time.Second)
		wantNil(t, "the request in flight ended with", request)
		wantNil(t, "Run() =", result)
	})
}

func TestHTTP_idleConnectionsDoNotHoldUpTheStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, ln := newManager(10*time.Second, 0), newPipeListener()
		returned := actor(m, actors.HTTP(&http.Server{Handler: http.NotFoundHandler(), Protocols: http1}, ln))
		result := start(m)
		if _, err := get(ln.client(t), "http://x/"); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		m.Stop(nil)
		wantNil(t, "the actor returned", returned)
		if took := time.Since(began); took != 0 {
			t.Errorf("the actor took %v, want 0s", took)
		}
		<-result
	})
}

func TestHTTP_aConnectionWithoutARequestIsWaitedForOnlyWhileItIsYoung(t *testing.T) {
	for age, want := range map[time.Duration]time.Duration{
		0:                      500 * time.Millisecond,
		500 * time.Millisecond: 0,
		time.Minute:            0,
	} {
		t.Run(age.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, ln := newManager(10*time.Second, 0), newPipeListener()
				returned := actor(m, actors.HTTP(&http.Server{Handler: http.NotFoundHandler(), Protocols: http1}, ln))
				result := start(m)
				c, err := ln.dial(t.Context(), "", "")
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(age)
				synctest.Wait()
				began := time.Now()
				m.Stop(nil)
				<-returned
				if got := time.Since(began); got != want {
					t.Errorf("the actor took %v, want %v", got, want)
				}
				if _, err := c.Read(make([]byte, 1)); err != io.EOF {
					t.Errorf("reading from the connection: %v, want EOF", err)
				}
				<-result
			})
		})
	}
}

func TestHTTP_aFirstRequestThatIsUnderWayIsAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, ln := newManager(10*time.Second, 0), newPipeListener()
		actor(m, actors.HTTP(&http.Server{Handler: http.NotFoundHandler()}, ln))
		result := start(m)
		c, err := ln.dial(t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		m.Stop(nil)
		synctest.Wait()
		go func() { _, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n") }()
		got, err := io.ReadAll(c)
		if err != nil || !strings.HasPrefix(string(got), "HTTP/1.1 404") || !strings.Contains(string(got), "Connection: close") {
			t.Errorf("the answer was %q, %v; want a 404 with Connection: close", got, err)
		}
		<-result
	})
}

func TestHTTP_whileDrainingAnswersEverybodyAndAsksThemToLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, ln := newManager(10*time.Second, 5*time.Second), newPipeListener()
		srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "hello")
		})}
		actor(m, actors.HTTP(srv, ln))
		result := start(m)
		old, young := ln.client(t), ln.client(t)
		if a, err := get(old, "http://x/"); err != nil || a.closes {
			t.Fatalf("before the stop: %+v, %v; want an answer that keeps the connection", a, err)
		}
		m.Signal(syscall.SIGTERM)
		for range 3 {
			time.Sleep(time.Second)
			for name, client := range map[string]*http.Client{"known": old, "new": young} {
				a, err := get(client, "http://x/")
				if err != nil || a.body != "hello" || !a.closes {
					t.Errorf("while draining, to a %s client: %+v, %v; want hello and Connection: close", name, a, err)
				}
			}
		}
		<-result
		if _, err := get(young, "http://x/"); err == nil {
			t.Error("after the stop: got an answer")
		}
	})
}

func TestHTTP_whileDrainingLeavesIdleConnectionsOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, ln := newManager(10*time.Second, 5*time.Second), newPipeListener()
		actor(m, actors.HTTP(&http.Server{Handler: http.NotFoundHandler()}, ln))
		result := start(m)
		c, err := ln.dial(t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		request := func() { _, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n") }
		go request()
		buf := make([]byte, 4096)
		if n, err := c.Read(buf); err != nil || strings.Contains(string(buf[:n]), "Connection: close") {
			t.Fatalf("before the stop: %q, %v; want an answer that keeps the connection", buf[:n], err)
		}
		m.Signal(syscall.SIGTERM)
		time.Sleep(4 * time.Second)
		go request()
		got, err := io.ReadAll(c)
		if err != nil || !strings.Contains(string(got), "Connection: close") {
			t.Errorf("after 4 s of drain: %q, %v; want an answer with Connection: close", got, err)
		}
		<-result
	})
}

func TestHTTP_whileDrainingLeavesUpgradesAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, ln := newManager(10*time.Second, 5*time.Second), newPipeListener()
		actor(m, actors.HTTP(&http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Add("Connection", "Upgrade") // as a reverse proxy does
			_, _ = io.WriteString(w, strings.Join(w.Header()["Connection"], ","))
		})}, ln))
		result := start(m)
		synctest.Wait()
		m.Signal(syscall.SIGTERM)
		synctest.Wait()
		request, _ := http.NewRequestWithContext(t.Context(), "GET", "http://x/", nil)
		request.Header.Set("Connection", "Upgrade")
		request.Header.Set("Upgrade", "websocket")
		resp, err := ln.client(t).Do(request)
		if err != nil {
			t.Fatal(err)
		}
		if body, _ := io.ReadAll(resp.Body); string(body) != "Upgrade" {
			t.Errorf("the response's Connection header was %q, want Upgrade alone", body)
		}
		_ = resp.Body.Close()
		m.Stop(nil)
		<-result
	})
}

func TestHTTP_whileDrainingAsksThoseToLeaveWhoOfferToSpeakHTTP2(t *testing.T) {
	for upgrade, leaves := range map[string]bool{
		"h2c":             true, // curl --http2, Java's HttpClient
		"TLS/1.2, h2c":    true,
		"websocket":       false,
		"h2c, websocket":  false,
		"SPDY/3.1":        false, // kubectl exec
		"some-other/tcp2": false,
	} {
		t.Run(upgrade, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, ln := newManager(10*time.Second, 5*time.Second), newPipeListener()
				actor(m, actors.HTTP(&http.Server{Handler: http.NotFoundHandler(), Protocols: http1}, ln))
				result := start(m)
				synctest.Wait()
				m.Signal(syscall.SIGTERM)
				synctest.Wait()
				request, _ := http.NewRequestWithContext(t.Context(), "GET", "http://x/", nil)
				request.Header.Set("Connection", "Upgrade, HTTP2-Settings")
				request.Header.Set("Upgrade", upgrade)
				resp, err := ln.client(t).Do(request)
				if err != nil {
					t.Fatal(err)
				}
				_ = resp.Body.Close()
				if resp.Close != leaves {
					t.Errorf("the response says Connection: close: %v, want %v", resp.Close, leaves)
				}
				m.Stop(nil)
				<-result
			})
		})
	}
}

func TestHTTP_requestContextsLiveUntilTheWorkContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, ln, g := newManager(10*time.Second, 0), newPipeListener(), newGate()
		returned := actor(m, actors.HTTP(&http.Server{Handler: g, ErrorLog: quiet}, ln))
		result := start(m)
		request := getLater(ln.client(t), "http://x/")
		r := <-g.begun
		if got := shutdown.FromContext(r.Context()); got != m {
			t.Errorf("FromContext of a request's context = %p, want the manager %p", got, m)
		}
		began := time.Now()
		m.Stop(nil)
		<-r.Context().Done()
		if got, want := time.Since(began), 8*time.Second; got != want {
			t.Errorf("the request's context ended after %v, want %v: the actors' share of 10s", got, want)
		}
		err := <-returned
		if err == nil || !strings.Contains(err.Error(), "time was up with 1 request in flight") {
			t.Errorf("the actor returned %v, want an error that says what was cut off", err)
		}
		wantAfter(t, began, 8*time.Second)
		if <-request == nil {
			t.Error("the request that was cut off succeeded")
		}
		if got := <-result; !errors.Is(got, err) {
			t.Errorf("Run() = %v, want it to contain %v", got, err)
		}
	})
}

func TestHTTP_handlersThatWereCutOffAreWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, ln := newManager(10*time.Second, 0), newPipeListener()
		var after time.Duration
		began := time.Now()
		begun := make(chan struct{})
		actor(m, actors.HTTP(&http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			close(begun)
			<-r.Context().Done()
			time.Sleep(100 * time.Millisecond) // rolls its transaction back
			after = time.Since(began)
		})}, ln))
		m.Register("database", func(context.Context) error {
			if got, want := after, 8100*time.Millisecond; got != want {
				t.Errorf("when the database was closed, the handler had returned after %v, want %v", got, want)
			}
			return nil
		})
		result := start(m)
		request := getLater(ln.client(t), "http://x/")
		<-begun
		m.Stop(nil)
		<-result
		<-request
	})
}

func TestHTTP_usesTheProgramsOwnBaseContextAndHooks(t *testing.T) {
	type key string
	m, ln := newManager(0, 0), loopback(t)
	states := make(chan http.ConnState, 16)
	srv := &http.Server{
		BaseContext: func(net.Listener) context.Context {
			return context.WithValue(context.Background(), key("base"), "own")
		},
		ConnContext: func(ctx context.Context, _ net.Conn) context.Context {
			return context.WithValue(ctx, key("conn"), "own")
		},
		ConnState: func(_ net.Conn, state http.ConnState) { states <- state },
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = fmt.Fprint(w, r.Context().Value(key("base")), " ", r.Context().Value(key("conn")))
		}),
	}
	actor(m, actors.HTTP(srv, ln))
	result := start(m)
	a, err := get(http.DefaultClient, "http://"+ln.Addr().String())
	if err != nil || a.body != "own own" {
		t.Errorf("the handler saw %q, %v; want both of the program's values", a.body, err)
	}
	m.Stop(nil)
	wantNil(t, "Run() =", result)
	for _, want := range []http.ConnState{http.StateNew, http.StateActive, http.StateIdle, http.StateClosed} {
		if got := <-states; got != want {
			t.Errorf("ConnState was told %v, want %v", got, want)
		}
	}
}

func TestHTTP_acceptErrorsAreReturnedAndWhatIsInFlightIsHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, ln, g := newManager(10*time.Second, 0), &failingListener{pipeListener: newPipeListener(), failure: make(chan error)}, newGate()
		returned := actor(m, actors.HTTP(&http.Server{Handler: g}, ln))
		m.Register("database", func(context.Context) error {
			select {
			case <-g.open:
			default:
				t.Error("the database was closed with a request in flight")
			}
			return nil
		})
		result := start(m)
		request := getLater(ln.client(t), "http://x/")
		<-g.begun
		broken := errors.New("too many sockets")
		ln.failure <- broken
		if err := <-returned; err != broken {
			t.Errorf("the actor returned %v, want %v", err, broken)
		}
		synctest.Wait()
		if got := m.State(); got != shutdown.Stopping {
			t.Errorf("State() = %v with a request in flight, want %v", got, shutdown.Stopping)
		}
		close(g.open)
		wantNil(t, "the request in flight ended with", request)
		if err := <-result; !errors.Is(err, broken) {
			t.Errorf("Run() = %v, want it to contain %v", err, broken)
		}
	})
}

// A failingListener fails to accept when told to.
type failingListener struct {
	*pipeListener
	failure chan error
}

func (l *failingListener) Accept() (net.Conn, error) {
	select {
	case err := <-l.failure:
		return nil, err
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func TestHTTP_aShutdownByTheProgramItselfIsSuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, ln, g := newManager(10*time.Second, 0), newPipeListener(), newGate()
		srv := &http.Server{Handler: g}
		calls := 0
		srv.RegisterOnShutdown(func() { calls++ })
		returned := actor(m, actors.HTTP(srv, ln))
		result := start(m)
		request := getLater(ln.client(t), "http://x/")
		<-g.begun
		shut := make(chan error, 1)
		go func() { shut <- srv.Shutdown(context.Background()) }()
		synctest.Wait()
		select {
		case err := <-returned:
			t.Errorf("the actor returned %v with a request in flight", err)
		default:
		}
		close(g.open)
		for _, c := range []<-chan error{request, returned, shut, result} {
			if err := <-c; err != nil {
				t.Errorf("got %v, want nil", err)
			}
		}
		if calls != 1 {
			t.Errorf("the function of RegisterOnShutdown was called %d times, want once", calls)
		}
	})
}

func TestHTTP_startedTooLateClosesItsListener(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, ln := newManager(10*time.Second, 0), newPipeListener()
		m.Stop(nil)
		returned := actor(m, actors.HTTP(&http.Server{}, ln))
		result := start(m)
		<-ln.closed
		wantNil(t, "the actor returned", returned)
		<-result
	})
}

func TestHTTP_aServerServesOneActorOnly(t *testing.T) {
	srv, ln := &http.Server{}, newPipeListener()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := actors.HTTP(srv, newPipeListener())(ctx); err != nil {
		t.Fatal(err)
	}
	if err := actors.HTTP(srv, ln)(ctx); err == nil || !strings.Contains(err.Error(), "used by another actor") {
		t.Errorf("with the same server again: %v, want an error that says so", err)
	}
	<-ln.closed
}

func TestHTTP_servesAsAServiceUntilItsTurnHasCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, ln := newManager(10*time.Second, 0), newPipeListener()
		m.Keep("admin", actors.HTTP(&http.Server{Handler: http.NotFoundHandler()}, ln))
		m.Register("later", func(context.Context) error {
			_, err := get(ln.client(t), "http://x/")
			return err
		})
		result := start(m)
		synctest.Wait()
		m.Stop(nil)
		if err := <-result; err != nil {
			t.Errorf("Run() = %v, want nil: the admin server serves until its turn", err)
		}
	})
}

func TestNilPanics(t *testing.T) {
	for name, call := range map[string]func(){
		"HTTP: nil server":     func() { actors.HTTP(nil, newPipeListener()) },
		"HTTP: nil listener":   func() { actors.HTTP(&http.Server{}, nil) },
		"Serve: nil server":    func() { actors.Serve(nil, func() error { return nil }) },
		"Serve: nil function":  func() { actors.Serve(&http.Server{}, nil) },
		"GRPC: nil server":     func() { actors.GRPC(nil, newPipeListener()) },
		"GRPC: nil listener":   func() { actors.GRPC(newCallServer(), nil) },
		"Command: nil command": func() { actors.Command(nil) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if got, want := recover(), "actors: "+name; got != want {
					t.Errorf("panic(%v), want %q", got, want)
				}
			}()
			call()
		})
	}
}

// A panickingListener panics when it is to accept.
type panickingListener struct{ *pipeListener }

func (panickingListener) Accept() (net.Conn, error) { panic("no network") }

func TestServers_panicsInServeAreTheManagers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager(10*time.Second, 0)
		m.Go("server", actors.HTTP(&http.Server{}, panickingListener{newPipeListener()}))
		var panicked *shutdown.PanicError
		if err := <-start(m); !errors.As(err, &panicked) || panicked.Value != "no network" {
			t.Errorf("Run() = %v, want the panic", err)
		}
	})
}
