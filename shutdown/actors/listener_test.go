package actors_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown/actors"
)

// A busyListener accepts nobody until it is told to. Meanwhile the kernel does.
type busyListener struct {
	*net.TCPListener
	open  chan struct{}
	asked chan struct{} // closed when somebody sets a deadline
	once  sync.Once
}

func newBusyListener(t *testing.T) *busyListener {
	return &busyListener{loopback(t).(*net.TCPListener), make(chan struct{}), make(chan struct{}), sync.Once{}}
}

func (l *busyListener) Accept() (net.Conn, error) {
	<-l.open
	return l.TCPListener.Accept()
}

func (l *busyListener) SetDeadline(at time.Time) error {
	defer l.once.Do(func() { close(l.asked) })
	return l.TCPListener.SetDeadline(at)
}

func TestHTTP_whatTheKernelHasAcceptedIsServed(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the queue of the kernel cannot be asked there")
	}
	certified := withTLS(t, nil, "http/1.1")
	for name, c := range map[string]struct {
		around func(net.Listener) net.Listener
		client func(net.Conn) net.Conn
	}{
		"a listener": {
			func(ln net.Listener) net.Listener { return ln },
			func(c net.Conn) net.Conn { return c },
		},
		"one in another": {
			func(ln net.Listener) net.Listener { return struct{ net.Listener }{ln} },
			func(c net.Conn) net.Conn { return c },
		},
		"one with TLS": {
			func(ln net.Listener) net.Listener { return tls.NewListener(ln, certified.tls) },
			func(c net.Conn) net.Conn { return tls.Client(c, &tls.Config{InsecureSkipVerify: true}) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			ln := newBusyListener(t)
			m := newManager(time.Minute, 0)
			m.Go("http", actors.HTTP(&http.Server{Handler: http.NotFoundHandler()}, c.around(ln)))
			result := start(m)
			var waiting []net.Conn
			for range 16 {
				conn, err := net.Dial("tcp", ln.Addr().String())
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = conn.Close() }()
				waiting = append(waiting, c.client(conn))
			}
			m.Stop(nil)
			<-ln.asked
			close(ln.open)
			for i, conn := range waiting {
				if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
					t.Errorf("connection %d: %v", i, err)
					continue
				}
				if _, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil {
					t.Errorf("connection %d, which was waiting when the stop came, got no answer: %v", i, err)
				}
			}
			wantNil(t, "Run() =", result)
			if _, err := net.Dial("tcp", ln.Addr().String()); err == nil {
				t.Error("after the stop somebody still listens")
			}
		})
	}
}

// A limited listener, as that of netutil: it accepts no more than so many at
// the same time, and only its Close wakes an Accept that waits for its turn.
type limitedListener struct {
	net.Listener
	closed chan struct{}
	once   sync.Once
}

func (l *limitedListener) Accept() (net.Conn, error) {
	<-l.closed
	return nil, net.ErrClosed
}

func (l *limitedListener) Close() error {
	defer l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

func TestHTTP_aListenerThatDoesNotWakeIsClosed(t *testing.T) {
	m := newManager(time.Minute, 0)
	m.Go("http", actors.HTTP(&http.Server{}, &limitedListener{Listener: loopback(t), closed: make(chan struct{})}))
	result := start(m)
	m.Stop(nil)
	wantNil(t, "Run() =", result)
}

func TestHTTP_aListenerThatTheProgramClosesTooIsNoFailure(t *testing.T) {
	for name, closes := range map[string]func(ctx context.Context, ln net.Listener){
		"as soon as the stop begins": func(ctx context.Context, ln net.Listener) {
			context.AfterFunc(ctx, func() { _ = ln.Close() })
		},
		"before it accepts": func(ctx context.Context, ln net.Listener) { <-ctx.Done(); _ = ln.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			for range 50 { // who is quicker is chance
				m, ln := newManager(time.Minute, 0), loopback(t)
				returned := actor(m, func(ctx context.Context) error {
					closes(ctx, ln)
					return actors.HTTP(&http.Server{}, ln)(ctx)
				})
				result := start(m)
				m.Stop(nil)
				if err := <-returned; err != nil {
					t.Fatalf("the actor returned %v, want nil", err)
				}
				if err := <-result; err != nil {
					t.Fatalf("Run() = %v, want nil", err)
				}
			}
		})
	}
}

func TestHTTP_aListenerThatIsClosedInTheDrainLeavesTheOthersTheirConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, ln := newManager(10*time.Second, 5*time.Second), newPipeListener()
		returned := actor(m, actors.HTTP(&http.Server{Handler: http.NotFoundHandler()}, ln))
		result := start(m)
		client := ln.client(t)
		if _, err := get(client, "http://x/"); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		m.Signal(syscall.SIGTERM)
		_ = ln.Close()
		time.Sleep(time.Second)
		if _, err := get(client, "http://x/"); err != nil {
			t.Errorf("on a connection that there was: %v", err)
		}
		wantNil(t, "the actor returned", returned)
		if got, want := time.Since(began), 5*time.Second; got != want {
			t.Errorf("the actor returned after %v, want %v: the drain", got, want)
		}
		wantNil(t, "Run() =", result)
	})
}

func TestHTTP_aCloseThatFailsIsAFailure(t *testing.T) {
	m := newManager(time.Minute, 0)
	broken := errors.New("the socket's file is not ours")
	m.Go("http", actors.HTTP(&http.Server{}, &unclosable{newPipeListener(), broken}))
	result := start(m)
	m.Stop(nil)
	if err := <-result; !errors.Is(err, broken) {
		t.Errorf("Run() = %v, want %v", err, broken)
	}
}

type unclosable struct {
	*pipeListener
	err error
}

func (l *unclosable) Close() error { _ = l.pipeListener.Close(); return l.err }

// A poorListener is out of file descriptors.
type poorListener struct{ *pipeListener }

func (poorListener) Accept() (net.Conn, error) {
	return nil, &net.OpError{Op: "accept", Net: "tcp", Err: os.NewSyscallError("accept4", syscall.EMFILE)}
}

func TestHTTP_aServerWithoutFileDescriptorsStopsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager(10*time.Second, 0)
		var said strings.Builder
		returned := actor(m, actors.HTTP(&http.Server{ErrorLog: log.New(&said, "", 0)}, poorListener{newPipeListener()}))
		result := start(m)
		time.Sleep(10*time.Second + time.Millisecond) // by now it tries once a second
		began := time.Now()
		m.Stop(nil)
		wantNil(t, "the actor returned", returned)
		if got := time.Since(began); got != 0 {
			t.Errorf("the actor returned after %v, want at once", got)
		}
		<-result
		if got, want := strings.Count(said.String(), "too many open files; retrying in"), 17; got != want {
			t.Errorf("it said so %d times, want %d: after 5 ms, 10 ms and so on up to 1 s", got, want)
		}
	})
}

func TestHTTP_baseContextIsGivenTheProgramsListener(t *testing.T) {
	m, ln := newManager(time.Minute, 0), loopback(t)
	var got net.Listener
	m.Go("http", actors.HTTP(&http.Server{BaseContext: func(ln net.Listener) context.Context {
		got = ln
		m.Stop(nil)
		return context.Background()
	}}, ln))
	if err := <-start(m); err != nil {
		t.Errorf("Run() = %v, want nil", err)
	}
	if got != ln {
		t.Errorf("BaseContext was given %T, want the program's own listener", got)
	}
}

// A taggedConn cannot be compared.
type taggedConn struct {
	net.Conn
	tags []string
}

type taggingListener struct{ *pipeListener }

func (l taggingListener) Accept() (net.Conn, error) {
	c, err := l.pipeListener.Accept()
	return taggedConn{c, []string{"tag"}}, err
}

func TestHTTP_connectionsNeedNotBeComparable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, ln, g := newManager(10*time.Second, 0), taggingListener{newPipeListener()}, newGate()
		returned := actor(m, actors.HTTP(&http.Server{Handler: g, Protocols: http1}, ln))
		result := start(m)
		first, second := getLater(ln.client(t), "http://x/"), getLater(ln.client(t), "http://x/")
		<-g.begun
		<-g.begun
		m.Stop(nil)
		began := time.Now()
		time.Sleep(time.Second)
		close(g.open)
		for _, request := range []<-chan error{first, second} {
			if err := <-request; err != nil {
				t.Errorf("a request in flight failed: %v", err)
			}
		}
		wantNil(t, "the actor returned", returned)
		wantAfter(t, began, time.Second)
		<-result
	})
}
