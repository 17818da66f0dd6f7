package actors

import (
	"context"
	"errors"
	"net"
	"net/http"
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
// When the actor's context is cancelled, what the kernel has accepted already is
// accepted, for half a second at most, and ln is closed. (On Windows and
// in browsers, and with a listener that has neither SetDeadline and SyscallConn
// nor another one in its field Listener, it is closed at once, and the kernel
// resets what was waiting.) A connection that has not sent a request yet is
// closed once it is half a second old; until then it may. Then srv.Shutdown is
// called, which closes the idle connections, and the actor returns as soon as
// the last response has been written and the last handler has returned; it does
// not poll for that.
//
// When [shutdown.Work] of the actor's context ends first, the connections with
// something in flight are closed, hijacked ones whose handlers are running
// included, then the contexts of the requests end, and the actor returns an
// error when the handlers have returned. A handler that does not is named by the
// manager, with its stack.
//
// A response that is cut looks cut to its client, in every version of the
// protocol: whichever context its handler has watched, if it returns after the
// time was up it is ended as if it had panicked with [http.ErrAbortHandler]. Only
// HTTP/1.0 over a Unix socket has no way to say so.
//
// # What it does with srv
//
// When the actor starts, it sets srv.Handler, srv.ConnState, srv.ConnContext and
// srv.BaseContext, which go on to do what they did. They are not restored. Until
// then srv may be changed; from then on it belongs to the actor, and it can
// serve one listener only, once. (For several, see [Serve].)
//
// The context of a request then lives until its client is gone or the work's
// time is up, not merely until the stop begins, and [shutdown.FromContext] of it
// is the manager. A srv.BaseContext of the program's own should return
// shutdown.Work(ctx) or something derived from it for the same effect.
//
// For TLS, ln is to be a listener of crypto/tls whose NextProtos contain "h2"
// and "http/1.1"; or see [Serve]. For HTTP/2 without TLS set srv.Protocols. The
// handlers of golang.org/x/net/http2/h2c, which do the same in another way, do not
// ask clients to leave during a drain; their connections are closed when they
// are idle, or when the time is up.
//
// # Streams and hijacked connections
//
// A handler that runs for as long as its WebSocket or event stream lives costs
// every stop four fifths of the grace, and is then cut, if it watches nothing
// but its request's context: that lives on so that requests can be finished. It
// is to watch the stop as well,
//
//	shutdown.FromContext(r.Context()).Draining() // ask the client to come back
//	shutdown.FromContext(r.Context()).Context()  // end
//
// and is then waited for like any other. The module examples/streams has such
// handlers for two WebSocket libraries and for server-sent events. Only a
// handler that returns while a goroutine of its own goes on with the connection
// has to say so, with [shutdown.Manager.Hold], and has to heed
// [shutdown.Manager.WorkContext] itself.
//
// Functions given to srv.RegisterOnShutdown are called when the actor stops, and
// waited for until the work's time is up; not the goroutines that they start,
// nor functions that were called because the program itself called
// srv.Shutdown.
//
// # What it returns
//
// Nil if everything in flight was answered, also if it ended because the
// program called srv.Shutdown (in which case it returns when the last request
// is answered) or srv.Close, or if the program closed ln because of the stop.
// An error if something was cut. If accepting fails, that error at once, so that
// the stop begins; the requests in flight are then a hold.
func HTTP(srv *http.Server, ln net.Listener) func(ctx context.Context) error {
	must(srv != nil, "HTTP", "nil server")
	must(ln != nil, "HTTP", "nil listener")
	return func(ctx context.Context) error {
		s, err := newHTTPServer(ctx, srv, "HTTP")
		if err != nil {
			return errors.Join(err, ln.Close())
		}
		return s.run(ctx, newListener(ln, s.logf))
	}
}

func must(ok bool, function, wrong string) {
	if !ok {
		panic("actors: " + function + ": " + wrong)
	}
}

// run serves until ctx is cancelled, and then finishes. Serve is called here and
// not in a goroutine of its own, so that the manager sees its panics.
func (s *httpServer) run(ctx context.Context, ln *listener) error {
	stop := context.AfterFunc(ctx, ln.stop) // after which Serve returns
	err := s.Serve(ln)                      // from its return on there are no new connections
	asked := !stop() || ctx.Err() != nil    // it may be that the program was quicker to close ln
	if !asked && errors.Is(err, net.ErrClosed) && isClosed(s.draining) {
		<-ctx.Done() // as it may do in a drain: the connections that there are go on
		asked = true
	}
	close(s.ending)
	switch taken := s.wrong(); {
	case taken != nil:
		return errors.Join(taken, s.finish(shutdownByOthers))
	case errors.Is(err, http.ErrServerClosed):
		return s.finish(shutdownByOthers)
	case asked:
		return errors.Join(ln.err, s.finish(s.shutdown))
	default:
		return finishHeld(ctx, err, func() error { return s.finish(s.shutdown) })
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
func (s *httpServer) finish(shutdownServer func() (functions <-chan struct{})) error {
	defer s.forget()
	t, timeUp := &s.traffic, s.work.Done()
	t.closeFresh(firstRequest)
	t.await(t.noneArriving, firstRequest, timeUp)
	t.closeFresh(0)

	functions := shutdownServer() // not before: Shutdown drops a request that is just being read
	t.leave()
	if !t.settle(timeUp) {
		return s.finishCut()
	}
	select {
	case <-functions:
		return nil
	case <-timeUp:
		return errors.New("actors: " + s.function + ": time was up with functions of RegisterOnShutdown still running")
	}
}
