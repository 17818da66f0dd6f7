package actors

import (
	"context"
	"errors"
	"net/http"
)

// Serve returns an actor that lets serve serve with srv: for TLS, and for
// frameworks that listen themselves.
//
//	m.Go("api", actors.Serve(srv, func() error { return srv.ListenAndServeTLS("cert.pem", "key.pem") }))
//	m.Go("metrics", actors.Serve(srv, func() error { return web.ListenAndServe(srv, flags, logger) }))
//
// It does what [HTTP] does, in the same course, but for this: it does not
// accept. The listeners are closed by srv.Shutdown, and what the kernel has
// accepted by then and srv has not is reset. With srv.ServeTLS or
// ListenAndServeTLS the server speaks HTTP/2, too.
//
// Serve must return when srv is shut down or closed. It may serve any number of
// listeners with srv. What it returns once the stop has begun is its answer to
// that, and no error of the actor.
//
// The actor sets its hooks in srv before it calls serve. A framework that sets
// srv.Handler, srv.ConnContext or srv.ConnState itself then has taken them
// away: that is an error, of which the actor returns at the first connection or
// request. Give such a framework's handler to an http.Server of your own. (Echo
// is one: actors.HTTP(&http.Server{Handler: e}, ln).)
//
// Serve panics if srv or serve is nil. The actor returns what one of HTTP does,
// and the error with which serve fails before a stop.
func Serve(srv *http.Server, serve func() error) func(ctx context.Context) error {
	must(srv != nil, "Serve", "nil server")
	must(serve != nil, "Serve", "nil function")
	return func(ctx context.Context) error {
		s, err := newHTTPServer(ctx, srv, "Serve")
		if err != nil {
			return err
		}
		return s.runServe(ctx, serve)
	}
}

// runServe lets serve serve until ctx is cancelled, and then finishes. That
// makes serve return, so it is done beside it.
func (s *httpServer) runServe(ctx context.Context, serve func() error) error {
	finished := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		close(s.ending)
		finished <- s.finish(s.shutdown)
	})
	defer stop() // if serve panics
	err := serve()
	asked := !stop()
	if !asked {
		close(s.ending)
	}
	switch taken := s.wrong(); {
	case asked:
		return errors.Join(taken, <-finished)
	case taken != nil:
		return errors.Join(taken, s.finish(shutdownByOthers))
	case err == nil || errors.Is(err, http.ErrServerClosed):
		return s.finish(shutdownByOthers)
	default:
		return finishHeld(ctx, err, func() error { return s.finish(s.shutdown) })
	}
}
