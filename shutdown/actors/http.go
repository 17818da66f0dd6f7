package actors

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

const (
	// firstRequest is how long a connection that has not sent a request yet
	// is waited for once the server stops. Browsers open connections that they
	// may never use; a handshake across an ocean takes some 300 ms.
	firstRequest = 500 * time.Millisecond

	// lastFrames is how long an HTTP/2 connection without streams is given to
	// be closed by its client. It does so when it has read the GOAWAY that
	// follows the last response; the server would wait a second for that.
	lastFrames = 10 * time.Millisecond
)

// HTTP returns an actor that serves ln with srv and, when the stop comes, lets
// every request finish. It panics if srv or ln is nil.
//
// # The course of a stop
//
// While the manager is Draining, the server goes on accepting, and answers
// with Connection: close, which on HTTP/2 becomes a GOAWAY: clients and proxies
// come back on another connection, to another replica. Connections that are
// idle stay open, since to close one while its user is just sending a request
// on it would lose that request. Responses to requests that ask for an upgrade
// are left as they are.
//
// When the actor's context is cancelled, ln is closed. A connection that has
// not sent a request yet is closed once it is half a second old; until then it
// may. Then srv.Shutdown is called, which closes the idle connections, and the
// actor returns as soon as the last response has been written and the last
// handler has returned; it does not poll for that.
//
// When [shutdown.Work] of the actor's context ends first, the contexts of the
// requests end with it, srv.Close is called, hijacked connections whose
// handlers are running are closed, and the actor returns an error when the
// handlers have returned. A handler that does not is named by the manager, with
// its stack.
//
// # What it does with srv
//
// When the actor starts, it sets srv.Handler and srv.ConnState, which go on to
// do what they did, srv.ConnContext, the same, and srv.BaseContext if that is
// nil. They are not restored. Until then srv may be changed; from then on it
// belongs to the actor, and it can serve one listener only, once.
//
// The context of a request then lives until its client is gone or the work's
// time is up, not merely until the stop begins, and [shutdown.FromContext] of it
// is the manager. A srv.BaseContext of the program's own should return
// shutdown.Work(ctx) or something derived from it for the same effect.
//
// For TLS, ln is to be a listener of crypto/tls whose NextProtos contain "h2"
// and "http/1.1". For HTTP/2 without TLS set srv.Protocols.
//
// # Hijacked connections and event streams
//
// A handler that runs for as long as its WebSocket or event stream lives is told
// at once by its request's context,
//
//	shutdown.FromContext(r.Context()).Draining() // ask the client to come back
//	shutdown.FromContext(r.Context()).Context()  // end
//
// is waited for like any other, and bounded: when time is up its request's
// context ends and its connection is closed. Only a handler that returns while
// a goroutine of its own goes on with the connection has to say so, with
// [shutdown.Manager.Hold], and has to heed [shutdown.Manager.WorkContext]
// itself.
//
// Functions given to srv.RegisterOnShutdown before the actor starts to stop are
// called when it does, and waited for together with the goroutines that they
// start, until the work's time is up. They are found by a profiler label: a
// goroutine that takes its labels off is not waited for, nor are functions
// that were called because the program itself called srv.Shutdown.
//
// # What it returns
//
// Nil if everything in flight was answered, also if it ended because the
// program called srv.Shutdown (in which case it returns when the last request
// is answered) or srv.Close. An error if something was cut. If
// accepting fails, that error at once, so that the stop begins; the requests in
// flight are then a hold.
func HTTP(srv *http.Server, ln net.Listener) func(ctx context.Context) error {
	must(srv != nil, "HTTP", "nil server")
	must(ln != nil, "HTTP", "nil listener")
	return func(ctx context.Context) error {
		s, err := newHTTPServer(ctx, srv, ln)
		if err != nil {
			return err
		}
		return s.run(ctx)
	}
}

func must(ok bool, function, wrong string) {
	if !ok {
		panic("actors: " + function + ": " + wrong)
	}
}

// An httpServer is one run of an http.Server: its handler, and the hooks by
// which it knows what is in flight.
type httpServer struct {
	*http.Server
	ln       *onceListener
	handler  http.Handler    // the program's own
	work     context.Context // lives until requests are cut off
	draining <-chan struct{} // closed when clients should turn away
	ending   chan struct{}   // the same, for a context without a manager
	traffic  traffic
}

func newHTTPServer(ctx context.Context, srv *http.Server, ln net.Listener) (*httpServer, error) {
	if _, used := srv.Handler.(*httpServer); used {
		return nil, errors.Join(errors.New("actors: HTTP: the server is or was used by another actor"), ln.Close())
	}
	s := &httpServer{
		Server:   srv,
		ln:       &onceListener{Listener: ln},
		handler:  srv.Handler,
		work:     shutdown.Work(ctx),
		draining: shutdown.FromContext(ctx).Draining(),
		ending:   make(chan struct{}),
	}
	s.traffic.init()
	if s.handler == nil {
		s.handler = http.DefaultServeMux
	}
	s.hook()
	return s, nil
}

// hook puts s into the places where the server tells what happens.
func (s *httpServer) hook() {
	connState, connContext := s.ConnState, s.ConnContext
	s.Handler = s
	s.ConnState = func(c net.Conn, state http.ConnState) {
		s.traffic.enter(c, state)
		if connState != nil {
			connState(c, state)
		}
	}
	s.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		if connContext != nil {
			ctx = connContext(ctx, c)
		}
		return context.WithValue(ctx, connKey{}, c)
	}
	if s.BaseContext == nil {
		s.BaseContext = func(net.Listener) context.Context { return s.work }
	}
}

type connKey struct{}

// ServeHTTP counts the request and, if clients should turn away, says so in the
// response.
func (s *httpServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c, _ := r.Context().Value(connKey{}).(net.Conn)
	s.traffic.began(c)
	defer func() { s.traffic.ended(c, s.work.Err() != nil) }()
	if s.turnsAway() && r.Header.Get("Upgrade") == "" {
		w.Header().Set("Connection", "close")
	}
	s.handler.ServeHTTP(w, r)
}

func (s *httpServer) turnsAway() bool {
	select {
	case <-s.draining:
		return true
	case <-s.ending:
		return true
	default:
		return false
	}
}

// run serves until ctx is cancelled, and then finishes. Serve is called here and
// not in a goroutine of its own, so that the manager sees its panics.
func (s *httpServer) run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() {
		_ = s.ln.Close() // after which Serve returns
	})
	err := s.Serve(s.ln) // from its return on there are no new connections
	close(s.ending)
	switch asked := !stop(); {
	case errors.Is(err, http.ErrServerClosed):
		return s.finish(ctx, shutdownByOthers)
	case asked:
		return errors.Join(s.ln.err, s.finish(ctx, s.shutdown))
	default:
		return finishHeld(ctx, err, func() error { return s.finish(ctx, s.shutdown) })
	}
}

// finishHeld returns err, because of which the stop is to begin at once, while
// finish, which waits for what is in flight, goes on as a hold. If it is too
// late for a hold, the stop is waiting for the actor itself.
func finishHeld(ctx context.Context, err error, finish func() error) error {
	release, late := shutdown.FromContext(ctx).Hold("in flight after: " + err.Error())
	if late != nil {
		return errors.Join(err, finish())
	}
	go func() { // ends when what is in flight has finished or was cut
		defer release()
		_ = finish() // what was cut was cut because of err
	}()
	return err
}

// finish returns when everything in flight has been answered, or cut because
// the work's time was up.
func (s *httpServer) finish(ctx context.Context, shutdownServer func(ctx context.Context) (functions <-chan struct{})) error {
	t, timeUp := &s.traffic, s.work.Done()
	t.closeFresh(firstRequest)
	t.await(t.noneArriving, firstRequest, timeUp)
	t.closeFresh(0)

	functions := shutdownServer(ctx) // not before: Shutdown drops a request that is just being read
	if !t.settle(timeUp) {
		return s.cut()
	}
	select {
	case <-functions:
		return nil
	case <-timeUp:
		return errors.New("actors: HTTP: time was up with functions of RegisterOnShutdown still running")
	}
}

// cut ends what is in flight. It returns when the handlers have, so that
// nobody takes away what they stand on; the manager waits for that only so long.
//
// Its error must not wrap the cause of the stop: an actor that returns that has
// done what it was asked for.
func (s *httpServer) cut() error {
	t := &s.traffic
	_, writing := t.inFlight()
	_ = s.Close() // the listener's error is known already
	t.closeHijacked()
	t.await(t.idle, 0, nil)
	if n := max(t.late(), writing); n > 0 {
		return fmt.Errorf("actors: HTTP: time was up with %d requests in flight", n)
	}
	return nil
}

// A onceListener is closed once, however many there are who close it: Serve
// does, too. Its err is that of the close.
type onceListener struct {
	net.Listener
	once sync.Once
	err  error
}

func (l *onceListener) Close() error {
	l.once.Do(func() { l.err = l.Listener.Close() })
	return l.err
}
