package actors

import (
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// A silentListener knows which of its connections have never sent a byte. A
// grpc.Server waits up to two minutes for the first one, in GracefulStop and in
// Stop alike.
//
// Only TCP connections are watched: strangers connect by TCP, and whoever
// serves another kind may want to find it as it is, to ask it for its peer.
type silentListener struct {
	net.Listener

	mu     sync.Mutex
	silent map[*silentConn]time.Time // since when
}

func newSilentListener(ln net.Listener) *silentListener {
	return &silentListener{Listener: ln, silent: make(map[*silentConn]time.Time)}
}

func (l *silentListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	tcp, ok := c.(*net.TCPConn)
	if !ok {
		return c, err
	}
	watched := &silentConn{TCPConn: tcp, listener: l}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.silent[watched] = time.Now()
	return watched, err
}

// closeSilent closes the connections that have been silent for age.
func (l *silentListener) closeSilent(age time.Duration) {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	for c, since := range l.silent {
		if now.Sub(since) >= age {
			_ = c.TCPConn.Close() // its reader will see that, and forget it
		}
	}
}

func (l *silentListener) forget(c *silentConn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.silent, c)
}

// A silentConn is a connection until its first byte, or its end, is heard.
type silentConn struct {
	*net.TCPConn
	listener *silentListener
	heard    atomic.Bool
}

func (c *silentConn) Read(b []byte) (int, error) {
	n, err := c.TCPConn.Read(b)
	if n > 0 {
		c.hear()
	}
	return n, err
}

func (c *silentConn) Close() error {
	c.hear()
	return c.TCPConn.Close()
}

func (c *silentConn) hear() {
	if c.heard.CompareAndSwap(false, true) {
		c.listener.forget(c)
	}
}
