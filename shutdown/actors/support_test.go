package actors_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// newManager returns a manager that hears no real signals and says nothing.
func newManager(grace, drain time.Duration) *shutdown.Manager {
	silent := zerolog.Nop()
	return &shutdown.Manager{Grace: grace, Drain: drain, Signals: []os.Signal{}, Logger: &silent}
}

// start runs m and returns the channel that will receive Run's result.
func start(m *shutdown.Manager) <-chan error {
	result := make(chan error, 1)
	go func() { result <- m.Run(context.Background()) }()
	return result
}

// actor adds run to m under the name "server" and returns a channel that
// receives what it returned.
func actor(m *shutdown.Manager, run func(context.Context) error) <-chan error {
	returned := make(chan error, 1)
	m.Go("server", func(ctx context.Context) error {
		err := run(ctx)
		returned <- err
		return err
	})
	return returned
}

// wantNil waits for an error and fails the test unless it is nil.
func wantNil(t testing.TB, what string, errs <-chan error) {
	t.Helper()
	if err := <-errs; err != nil {
		t.Errorf("%s %v, want nil", what, err)
	}
}

// wantAfter fails the test unless it is now exactly d, of a bubble's time, since
// the stop began.
func wantAfter(t testing.TB, began time.Time, d time.Duration) {
	t.Helper()
	if got := time.Since(began); got != d {
		t.Errorf("the actor returned after %v, want %v", got, d)
	}
}

func loopback(t testing.TB) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

// A pipeListener is a network of its own, for tests in a bubble.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipeListener() *pipeListener {
	return &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return pipeAddr{} }

func (l *pipeListener) dial(context.Context, string, string) (net.Conn, error) {
	server, client := net.Pipe()
	select {
	case l.conns <- server:
		return client, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// client returns a client of whoever listens on l.
func (l *pipeListener) client(t testing.TB) *http.Client {
	transport := &http.Transport{DialContext: l.dial}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "pipe" }

// get returns the whole answer to a request, or what went wrong.
func get(client *http.Client, url string) (answer, error) {
	resp, err := client.Get(url)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	return answer{body: string(body), closes: resp.Close, proto: resp.ProtoMajor}, err
}

type answer struct {
	body   string
	closes bool // the connection, after this answer
	proto  int
}

// getLater begins a request and returns the channel that will receive its end.
func getLater(client *http.Client, url string) <-chan error {
	result := make(chan error, 1)
	go func() {
		_, err := get(client, url)
		result <- err
	}()
	return result
}
