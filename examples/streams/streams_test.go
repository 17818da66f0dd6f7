package streams_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"testing"
	"time"

	coder "github.com/coder/websocket"
	gorilla "github.com/gorilla/websocket"
	"github.com/rs/zerolog"

	"github.com/seed7e043c35/lastcall/examples/streams"
	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/actors"
)

const grace = time.Minute // of which a stream that is not told would take 48 s

// A program serves one handler.
type program struct {
	*shutdown.Manager
	addr   string
	result chan error
}

func start(t *testing.T, handler http.HandlerFunc) *program {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	silent := zerolog.Nop()
	p := &program{
		Manager: &shutdown.Manager{Grace: grace, Signals: []os.Signal{}, Logger: &silent},
		addr:    ln.Addr().String(),
		result:  make(chan error, 1),
	}
	p.Go("http", actors.HTTP(&http.Server{Handler: handler}, ln))
	go func() { p.result <- p.Run(context.Background()) }()
	return p
}

// wantStopped waits for the end of the program. Had a stream been cut, that
// would be an error.
func (p *program) wantStopped(t *testing.T) {
	t.Helper()
	if err := <-p.result; err != nil {
		t.Errorf("Run() = %v, want nil", err)
	}
}

// Each server with each client: what a client sees is a matter of both.
var servers = map[string]http.HandlerFunc{"coder": streams.CoderEcho, "gorilla": streams.GorillaEcho}

func TestWebSocket_aClientOfCoderIsToldThatTheServerGoesAway(t *testing.T) {
	for name, handler := range servers {
		t.Run("served by "+name, func(t *testing.T) {
			p := start(t, handler)
			c, _, err := coder.Dial(t.Context(), "ws://"+p.addr, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer c.CloseNow()
			if err := c.Write(t.Context(), coder.MessageText, []byte("hello")); err != nil {
				t.Fatal(err)
			}
			if _, got, err := c.Read(t.Context()); string(got) != "hello" || err != nil {
				t.Fatalf("the echo was %q, %v; want hello", got, err)
			}
			p.Stop(nil)
			_, _, err = c.Read(t.Context())
			if got, want := coder.CloseStatus(err), coder.StatusGoingAway; got != want {
				t.Errorf("the client was told %v (%v), want %v", got, err, want)
			}
			p.wantStopped(t)
		})
	}
}

func TestWebSocket_aClientOfGorillaIsToldThatTheServerGoesAway(t *testing.T) {
	for name, handler := range servers {
		t.Run("served by "+name, func(t *testing.T) {
			p := start(t, handler)
			c, resp, err := gorilla.DefaultDialer.DialContext(t.Context(), "ws://"+p.addr, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			defer c.Close()
			if err := c.WriteMessage(gorilla.TextMessage, []byte("hello")); err != nil {
				t.Fatal(err)
			}
			if _, got, err := c.ReadMessage(); string(got) != "hello" || err != nil {
				t.Fatalf("the echo was %q, %v; want hello", got, err)
			}
			p.Stop(nil)
			_, _, err = c.ReadMessage()
			var closed *gorilla.CloseError
			if !errors.As(err, &closed) || closed.Code != gorilla.CloseGoingAway {
				t.Errorf("the client saw %v, want status %d", err, gorilla.CloseGoingAway)
			}
			p.wantStopped(t)
		})
	}
}

// A client that answers nothing, not even the close frame, is not waited for
// longer than the library does, or than we do.
func TestWebSocket_aClientThatDoesNotAnswerIsLeft(t *testing.T) {
	for name, handler := range servers {
		t.Run("served by "+name, func(t *testing.T) {
			p := start(t, handler)
			c, resp, err := gorilla.DefaultDialer.DialContext(t.Context(), "ws://"+p.addr, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			defer c.Close()
			p.Stop(nil)
			p.wantStopped(t)
		})
	}
}

func TestEvents_endWithARequestToComeBack(t *testing.T) {
	messages := make(chan string, 1)
	messages <- "hello"
	p := start(t, streams.Events(messages))
	resp, err := http.Get("http://" + p.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got := make([]byte, len("data: hello\n\n"))
	if _, err := io.ReadFull(resp.Body, got); err != nil {
		t.Fatal(err)
	}
	p.Stop(nil)
	rest, err := io.ReadAll(resp.Body)
	if want := "data: hello\n\nretry: 100\n\n"; string(got)+string(rest) != want || err != nil {
		t.Errorf("the stream was %q, %v; want %q and a clean end", string(got)+string(rest), err, want)
	}
	p.wantStopped(t)
}
