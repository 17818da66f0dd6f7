package actors

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// GRPC returns an actor that serves ln with srv, a *grpc.Server or something
// like it, and lets every call finish when the stop comes. It panics if srv or
// ln is nil.
//
// While the manager is Draining it serves on. When the actor's context is
// cancelled it calls srv.GracefulStop, which sends a GOAWAY to every client and
// waits for calls and streams. When [shutdown.Work] of the context ends first,
// it calls srv.Stop, which cancels the contexts of what is left, and returns an
// error when GracefulStop and Serve have returned, which they do when the
// handlers have.
//
// Either may block for as long as a handler ignores its context, in some
// versions both (grpc-go issue 9393), so each has a goroutine of its own.
// The manager waits for the actor only so long, and then names it, with the
// handler's stack.
//
// A TCP connection that has not got through its handshake, of TLS and of HTTP/2,
// would hold up both for two minutes (grpc.ConnectionTimeout); when the stop
// begins it is closed once it is half a second old. To know which they are, the
// actor asks srv for its transports, by a field that has no public name. Of a
// version of grpc, or of something like it, that has no such field it closes
// none; then set grpc.ConnectionTimeout to a few seconds. Connections are passed
// on as ln accepts them.
//
// # Streams
//
// The context of a call knows nothing of the stop. A stream whose handler
// watches nothing else costs every stop four fifths of the grace, is then cut,
// and the program's status is 1. The handler should watch the manager, which is
// for the program to hand to it: send a last message when
// [shutdown.Manager.Draining] is closed, return when [shutdown.Manager.Context]
// ends. Where one cannot get at the handlers, an interceptor does the same for
// all of them, with a stream whose Context ends with that of the manager.
//
// grpc's own services have such streams. That of the health service, Watch,
// only ever ends with its client: the interceptor is for it, and Shutdown of the
// health service, called at Draining, tells its clients that the server is
// leaving. Reflection's ends when its client has closed its side, which tools do
// at once.
//
// # What it returns
//
// Nil if everything in flight finished, also if the program itself called
// GracefulStop or Stop, before the actor started or after. If Serve fails it
// returns the error at once, so that the stop begins; the calls in flight are
// then a hold.
func GRPC(srv interface {
	Serve(net.Listener) error
	GracefulStop()
	Stop()
}, ln net.Listener) func(ctx context.Context) error {
	must(srv != nil, "GRPC", "nil server")
	must(ln != nil, "GRPC", "nil listener")
	return func(ctx context.Context) error {
		ln := newHandshakes(ln, srv)
		finish := func() error {
			ln.closePending(firstRequest)
			defer time.AfterFunc(firstRequest, func() { ln.closePending(0) }).Stop()
			return finishCalls(shutdown.Work(ctx), srv)
		}
		finished := make(chan error, 1)
		stop := context.AfterFunc(ctx, func() { finished <- finish() })
		err := srv.Serve(ln) // here, so that the manager sees its panics
		switch asked := !stop(); {
		case asked: // whatever Serve says, it is over because of that
			return <-finished
		case err == nil || ln.refused(): // the program has stopped srv itself
			return nil
		default:
			return finishHeld(ctx, err, finish)
		}
	}
}

// finishCalls waits for the calls in flight and, when work ends, cuts off those
// that are left.
func finishCalls(work context.Context, srv interface {
	GracefulStop()
	Stop()
}) error {
	finished := make(chan struct{})
	go func() { // ends when the last handler has returned
		defer close(finished)
		srv.GracefulStop()
	}()
	select {
	case <-finished:
		return nil
	case <-work.Done():
	}
	select {
	case <-finished: // in the very last moment
		return nil
	default:
	}
	go srv.Stop() // ends soon, or with the last handler
	<-finished
	return errors.New("actors: GRPC: time was up: calls were cut off")
}
