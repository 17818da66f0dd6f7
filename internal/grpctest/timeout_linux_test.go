package grpctest

import (
	"net"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A spy keeps the last connection that was accepted.
type spy struct {
	net.Listener
	last atomic.Pointer[net.TCPConn]
}

func (s *spy) Accept() (net.Conn, error) {
	c, err := s.Listener.Accept()
	if tcp, ok := c.(*net.TCPConn); ok {
		s.last.Store(tcp)
	}
	return c, err
}

// grpc sets TCP_USER_TIMEOUT, by which it notices that a client's machine is
// gone, on a *net.TCPConn only.
func TestConnectionsArePassedOnAsTheyAre(t *testing.T) {
	ln := &spy{Listener: loopback(t)}
	p := serve(t, time.Minute, &service{}, false, ln)
	call := p.check(t)
	raw, err := ln.last.Load().SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var got int
	_ = raw.Control(func(fd uintptr) {
		got, err = unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT)
	})
	if want := 20_000; got != want || err != nil { // milliseconds: grpc's keepalive timeout
		t.Errorf("TCP_USER_TIMEOUT is %d, %v; want %d", got, err, want)
	}
	close(p.open)
	<-call
	p.Stop(nil)
	<-p.result
}
