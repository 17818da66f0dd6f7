//go:build unix

package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/actors"
)

var rawRequests = flag.Int64("raw", 4000, "requests of the raw clients, without a proxy; the docs' numbers are of 100000")

const (
	rawClients = 16
	rawUp      = 300 * time.Millisecond // how long a server is up
	rawDrain   = 100 * time.Millisecond
	rawPause   = 5 * time.Millisecond // at most, between two requests of a client: by chance, or they would keep step with the servers
)

// Clients without a proxy in between post on connections that they keep, while
// servers replace each other on one port. A client looks whether its connection
// is closed before it writes, as every decent one does, and repeats nothing.
func TestRawClients_loseNothingOnFreshConnections(t *testing.T) {
	for _, c := range []struct {
		name  string
		serve func(t *testing.T, ln net.Listener)
		want  func(got *losses) bool
	}{
		{"with lastcall and a drain", func(t *testing.T, ln net.Listener) { serveOnce(t, ln, rawDrain) },
			func(got *losses) bool { return got.fresh.Load() == 0 && got.reused.Load() == 0 }},
		{"with lastcall", func(t *testing.T, ln net.Listener) { serveOnce(t, ln, 0) },
			func(got *losses) bool { return got.fresh.Load() == 0 }},
		{"with Server.Shutdown alone", shutdownOnce, func(*losses) bool { return true }},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := replaceUnderLoad(t, *rawRequests, c.serve)
			t.Log(got)
			if !c.want(got) {
				t.Errorf("got %v\nwant nothing lost on fresh connections, nor on those that were told to leave", got)
			}
		})
	}
}

// The losses are requests that got no answer.
type losses struct {
	answered, fresh, reused atomic.Int64 // the last two: lost, on such connections
	stops                   int64
}

func (l *losses) String() string {
	per := func(n *atomic.Int64) string {
		return fmt.Sprintf("%d (%.2f a replacement)", n.Load(), float64(n.Load())/float64(l.stops))
	}
	return fmt.Sprintf("%d answered, %d replacements; lost on fresh connections %s, on reused ones %s",
		l.answered.Load(), l.stops, per(&l.fresh), per(&l.reused))
}

// replaceUnderLoad replaces servers on one port until enough is answered.
func replaceUnderLoad(t *testing.T, enough int64, serve func(*testing.T, net.Listener)) *losses {
	t.Helper()
	first, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	got, ctx := &losses{}, untilDeadline(t)
	ctx, enoughNow := context.WithCancel(ctx)
	defer enoughNow()
	var clients sync.WaitGroup
	for range rawClients {
		clients.Go(func() { (&rawClient{addr: first.Addr().String(), got: got}).run(ctx) })
	}
	for ln := first; ; {
		serve(t, ln)
		got.stops++
		if got.answered.Load() >= enough || ctx.Err() != nil {
			break
		}
		if ln, err = net.Listen("tcp", first.Addr().String()); err != nil {
			t.Fatal(err)
		}
	}
	enoughNow()
	clients.Wait()
	return got
}

var rawHandler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	_, _ = io.WriteString(w, "ok")
})

func serveOnce(t *testing.T, ln net.Listener, drain time.Duration) {
	silent := zerolog.Nop()
	m := &shutdown.Manager{Drain: drain, Signals: []os.Signal{}, Logger: &silent}
	m.Go("http", actors.HTTP(&http.Server{Handler: rawHandler}, ln))
	time.AfterFunc(rawUp, func() { m.Signal(syscall.SIGTERM) })
	if err := m.Run(context.Background()); err != nil {
		t.Error(err)
	}
}

func shutdownOnce(_ *testing.T, ln net.Listener) {
	srv := &http.Server{Handler: rawHandler}
	time.AfterFunc(rawUp, func() { _ = srv.Shutdown(context.Background()) })
	_ = srv.Serve(ln)
	_ = srv.Shutdown(context.Background()) // waits, which that in the timer does as well
}

// A rawClient speaks HTTP/1.1 itself, so that nothing is done twice for it.
type rawClient struct {
	addr string
	got  *losses
	conn net.Conn
	in   *bufio.Reader
	used bool
}

func (c *rawClient) run(ctx context.Context) {
	defer c.hangUp()
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(rand.N(rawPause)):
		}
		if c.conn != nil && isHungUp(c.conn) {
			c.hangUp()
		}
		if c.conn == nil && !c.dial(ctx) {
			continue // between two servers: nobody has accepted anything
		}
		c.post(ctx)
	}
}

func (c *rawClient) dial(ctx context.Context) bool {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", c.addr)
	if err != nil {
		return false
	}
	c.conn, c.in, c.used = conn, bufio.NewReader(conn), false
	return true
}

func (c *rawClient) hangUp() {
	if c.conn != nil {
		_ = c.conn.Close()
		c.conn = nil
	}
}

func (c *rawClient) post(ctx context.Context) {
	leave, err := c.exchange()
	switch {
	case err == nil:
		c.got.answered.Add(1)
		c.used = true
	case ctx.Err() != nil: // the last server is gone
	case c.used:
		c.got.reused.Add(1)
	default:
		c.got.fresh.Add(1)
	}
	if err != nil || leave {
		c.hangUp()
	}
}

func (c *rawClient) exchange() (leave bool, err error) {
	if _, err := io.WriteString(c.conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"); err != nil {
		return false, err
	}
	response, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return false, err
	}
	body, err := io.ReadAll(response.Body)
	if err == nil && !strings.HasPrefix(string(body), "ok") {
		err = errors.New("not the answer")
	}
	return response.Close, err
}

// isHungUp reports whether the other side has closed c.
func isHungUp(c net.Conn) (yes bool) {
	raw, err := c.(*net.TCPConn).SyscallConn()
	if err != nil {
		return true
	}
	_ = raw.Read(func(fd uintptr) bool {
		n, _, err := syscall.Recvfrom(int(fd), make([]byte, 1), syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		yes = n == 0 && err == nil || err != nil && !errors.Is(err, syscall.EAGAIN)
		return true
	})
	return yes
}
