package actors

import (
	"net"
	"reflect"
	"sync"
	"sync/atomic"
	"time"
)

// A handshakes is a listener that knows which of its connections have not got
// through their handshake: of TLS, if there is TLS, and the client's first words
// in HTTP/2. A grpc.Server waits up to two minutes for that, in GracefulStop and
// in Stop alike, and a stranger need not send more than half a word.
//
// The connections are passed on as they are. grpc sets TCP_USER_TIMEOUT on a
// *net.TCPConn and on nothing else, and whoever authenticates a peer may want
// the connection itself. So the server has to be asked.
//
// Only TCP connections are watched: strangers connect by TCP.
type handshakes struct {
	net.Listener
	server  any // the *grpc.Server
	begun   atomic.Bool
	stopped atomic.Bool

	mu       sync.Mutex
	accepted map[*net.TCPConn]time.Time // and when
	sweepAt  int                        // how many there are when the closed ones are next left out
}

// sweepFirst is how many connections there are when it is first looked which of
// them are closed: then, and whenever there are twice as many as were left.
const sweepFirst = 64

func newHandshakes(ln net.Listener, server any) *handshakes {
	return &handshakes{Listener: ln, server: server, accepted: make(map[*net.TCPConn]time.Time), sweepAt: sweepFirst}
}

func (l *handshakes) Accept() (net.Conn, error) {
	l.begun.Store(true)
	c, err := l.Listener.Accept()
	if tcp, ok := c.(*net.TCPConn); ok {
		l.watch(tcp)
	}
	return c, err
}

// Close closes the listener, which is what a server does at once that the
// program has stopped before it serves.
func (l *handshakes) Close() error {
	l.stopped.Store(true)
	return l.Listener.Close()
}

// refused reports whether the server has not even tried to accept.
func (l *handshakes) refused() bool { return l.stopped.Load() && !l.begun.Load() }

func (l *handshakes) watch(c *net.TCPConn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.accepted[c] = time.Now()
	if len(l.accepted) < l.sweepAt {
		return
	}
	for c := range l.accepted {
		if !isOpen(c) {
			delete(l.accepted, c)
		}
	}
	l.sweepAt = max(sweepFirst, 2*len(l.accepted))
}

func isOpen(c *net.TCPConn) bool {
	raw, err := c.SyscallConn()
	return err == nil && raw.Control(func(uintptr) {}) == nil
}

// closePending closes the connections that were accepted at least age ago and
// have not got through their handshake. If the server is not one that can be
// asked, it closes none.
func (l *handshakes) closePending(age time.Duration) {
	before := time.Now().Add(-age)
	through, ok := established(l.server)
	if !ok {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for c, at := range l.accepted {
		if !at.After(before) && !through[endsOf(c.LocalAddr(), c.RemoteAddr())] {
			_ = c.Close() // its reader will see that
		}
	}
}

// The ends of a TCP connection, which no two open ones have in common.
type ends struct{ local, remote string }

func endsOf(local, remote net.Addr) ends { return ends{local.String(), remote.String()} }

// established returns the connections of server, a *grpc.Server, that have got
// through their handshake: those for which it has a transport.
func established(server any) (through map[ends]bool, ok bool) {
	mu, conns := private[sync.Mutex](server, "mu"), privateValue(server, "conns")
	if mu == nil || conns.Kind() != reflect.Map {
		return nil, false
	}
	mu.Lock()
	defer mu.Unlock()
	through = make(map[ends]bool)
	for _, transports := range conns.Seq2() { // of each listener
		if transports.Kind() != reflect.Map {
			return nil, false
		}
		for transport := range transports.Seq() {
			local, remote := peerOf(transport)
			if local == nil || remote == nil {
				return nil, false
			}
			through[endsOf(local, remote)] = true
		}
	}
	return through, true
}

// peerOf returns the ends of a transport, as its method Peer tells them.
func peerOf(transport reflect.Value) (local, remote net.Addr) {
	method := transport.MethodByName("Peer")
	if !method.IsValid() || method.Type().NumIn() != 0 || method.Type().NumOut() != 1 {
		return nil, nil
	}
	peer := method.Call(nil)[0].Interface()
	local, _ = inside[net.Addr](peer, "LocalAddr")
	remote, _ = inside[net.Addr](peer, "Addr")
	return local, remote
}
