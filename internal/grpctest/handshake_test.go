package grpctest

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/actors"
)

// A stranger connects and gets as far as it says, and no further.
type stranger func(t *testing.T, addr string) net.Conn

func says(words string) stranger {
	return func(t *testing.T, addr string) net.Conn {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(c, words); err != nil {
			t.Fatal(err)
		}
		return c
	}
}

func shakesHands(words string) stranger {
	return func(t *testing.T, addr string) net.Conn {
		c, err := tls.Dial("tcp", addr, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(c, words); err != nil {
			t.Fatal(err)
		}
		return c
	}
}

func TestAConnectionInItsHandshakeDoesNotBlockTheStop(t *testing.T) {
	for name, c := range map[string]struct {
		encrypted bool
		stranger
	}{
		"silence":                           {false, says("")},
		"half a preface":                    {false, says("PRI * HT")},
		"a preface without settings":        {false, says("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")},
		"silence where TLS is spoken":       {true, says("")},
		"half a TLS handshake":              {true, says("\x16\x03\x01\x02")},
		"a TLS handshake, and then silence": {true, shakesHands("")},
		"TLS and half a preface":            {true, shakesHands("PRI * HT")},
	} {
		t.Run(name, func(t *testing.T) {
			s := &service{}
			p := serve(t, time.Minute, s, c.encrypted, loopback(t))
			conn := c.stranger(t, p.addr)
			defer func() { _ = conn.Close() }()
			call := p.check(t) // accepted after the stranger
			p.Stop(nil)
			close(p.open)
			if err := <-call; err != nil {
				t.Errorf("a call in flight failed: %v", err)
			}
			began := time.Now()
			if err := <-p.result; err != nil {
				t.Errorf("Run() = %v, want nil", err)
			}
			t.Logf("after the last call it took %v", time.Since(began))
		})
	}
}

// What has got through its handshake is not closed, however long it takes.
func TestAConnectionThroughItsHandshakeIsLeftAlone(t *testing.T) {
	for name, encrypted := range map[string]bool{"plain": false, "TLS": true} {
		t.Run(name, func(t *testing.T) {
			p := serve(t, time.Minute, &service{}, encrypted, loopback(t))
			call := p.check(t)
			p.Stop(nil)
			<-p.Context().Done()
			time.AfterFunc(time.Second, func() { close(p.open) }) // twice as long as a handshake may last
			if err := <-call; err != nil {
				t.Errorf("a call in flight failed: %v", err)
			}
			if err := <-p.result; err != nil {
				t.Errorf("Run() = %v, want nil", err)
			}
		})
	}
}

func TestAStopBeforeTheActorStartsIsNoFailure(t *testing.T) {
	for name, stop := range map[string]func(*grpc.Server){"GracefulStop": (*grpc.Server).GracefulStop, "Stop": (*grpc.Server).Stop} {
		t.Run(name, func(t *testing.T) {
			srv := grpc.NewServer()
			stop(srv)
			silent := zerolog.Nop()
			m := &shutdown.Manager{Signals: []os.Signal{}, Logger: &silent}
			m.Go("rpc", actors.GRPC(srv, loopback(t)))
			if err := m.Run(context.Background()); err != nil {
				t.Errorf("Run() = %v, want nil", err)
			}
		})
	}
}

func loopback(t *testing.T) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

// serverOf returns a server, and what its clients need.
func serverOf(t *testing.T, encrypted bool) (*grpc.Server, grpc.DialOption) {
	if !encrypted {
		return grpc.NewServer(), grpc.WithTransportCredentials(insecure.NewCredentials())
	}
	certified := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(certified.Close)
	return grpc.NewServer(grpc.Creds(credentials.NewTLS(&tls.Config{Certificates: certified.TLS.Certificates}))),
		grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{InsecureSkipVerify: true}))
}
