package actors

import (
	"context"
	"errors"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// An httpServer is one run of an http.Server: its handler, and the hooks by
// which it knows what is in flight.
type httpServer struct {
	*http.Server
	function string          // of this package, by which it is served
	handler  http.Handler    // the program's own
	work     context.Context // lives until requests are cut off
	draining <-chan struct{} // closed when clients should turn away
	ending   chan struct{}   // the same, for a context without a manager
	traffic  traffic

	// Unless the program has a BaseContext, requests are contexts of this one.
	// It ends with work, but after the connections of those in flight.
	requests    context.Context
	endRequests context.CancelCauseFunc
	isCut       chan struct{} // closed when that has happened
	spared      func() bool   // keeps it from happening any more

	mu    sync.Mutex
	hooks error // guarded by mu: somebody has taken a hook away
}

var (
	errTimeUp = errors.New("actors: time was up")
	errOver   = errors.New("actors: the server has ended")
)

func newHTTPServer(ctx context.Context, srv *http.Server, function string) (*httpServer, error) {
	if _, used := srv.Handler.(*httpServer); used {
		return nil, errors.New("actors: " + function + ": the server is or was used by another actor")
	}
	s := &httpServer{
		Server:   srv,
		function: function,
		handler:  srv.Handler,
		work:     shutdown.Work(ctx),
		draining: shutdown.FromContext(ctx).Draining(),
		ending:   make(chan struct{}),
		isCut:    make(chan struct{}),
	}
	s.requests, s.endRequests = context.WithCancelCause(context.WithoutCancel(s.work))
	s.traffic.init()
	if s.handler == nil {
		s.handler = http.DefaultServeMux
	}
	s.hook()
	s.spared = context.AfterFunc(s.work, s.timeUp)
	return s, nil
}

// hook puts s into the places where the server tells what happens.
func (s *httpServer) hook() {
	connState, connContext, baseContext := s.ConnState, s.ConnContext, s.BaseContext
	s.Handler = s
	s.ConnState = func(c net.Conn, state http.ConnState) {
		s.traffic.enter(c, state)
		if connState != nil {
			connState(c, state)
		}
	}
	s.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		if s.Handler != http.Handler(s) {
			s.taken("Handler")
		}
		if connContext != nil {
			ctx = connContext(ctx, c)
		}
		return context.WithValue(ctx, connKey{}, s.traffic.connection(c))
	}
	s.BaseContext = func(ln net.Listener) context.Context {
		if baseContext == nil {
			return s.requests
		}
		if ours, ok := ln.(*listener); ok {
			ln = ours.Listener // the program's own
		}
		return baseContext(ln)
	}
}

type connKey struct{}

// ServeHTTP counts the request and, if clients should turn away, says so in the
// response. A response that was not finished in time is never completed.
func (s *httpServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c, _ := r.Context().Value(connKey{}).(*connection)
	if !s.traffic.began(c, r) && r.Context().Value(http.ServerContextKey) == s.Server {
		s.taken("ConnContext or ConnState")
	}
	returned := false
	defer func() {
		late := s.work.Err() != nil // whichever context the handler has watched
		if hijacked := s.traffic.ended(c, late); late && returned && !hijacked {
			c.abandon(r)
		}
	}()
	if s.turnsAway() && !switches(r) {
		w.Header().Set("Connection", "close")
	}
	s.handler.ServeHTTP(w, r)
	returned = true
}

// turnsAway reports whether clients should come back on another connection.
func (s *httpServer) turnsAway() bool { return isClosed(s.draining) || isClosed(s.ending) }

// switches reports whether r asks for a protocol that is not HTTP, as for a
// WebSocket. A response with Connection: close would not be what its client, or
// a reverse proxy in between, expects. A client that merely offers to go on with
// HTTP/2 gets an ordinary response from a server that does not take that up.
func switches(r *http.Request) bool {
	for offer := range strings.SplitSeq(strings.Join(r.Header["Upgrade"], ","), ",") {
		name, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(offer)), "/")
		switch name {
		case "", "h2c", "h2", "http", "tls":
		default:
			return true
		}
	}
	return false
}

// taken notes that somebody has set a hook anew after the actor has, and ends
// the server: without it, a stop would not see what is in flight.
func (s *httpServer) taken(hook string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hooks != nil {
		return
	}
	s.hooks = errors.New("actors: " + s.function + ": the server's " + hook + " was set after the actor had started: set it before")
	go s.Close() // ends when the listeners' Serve has returned, of which this may be the goroutine
}

func (s *httpServer) wrong() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hooks
}

// forget leaves nothing behind in the work's context.
func (s *httpServer) forget() {
	if s.spared() {
		s.endRequests(errOver)
	}
}

func (s *httpServer) logf(format string, args ...any) {
	if s.ErrorLog != nil {
		s.ErrorLog.Printf(format, args...)
		return
	}
	log.Printf(format, args...)
}
