package actors

import (
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

const (
	// lastAccepts is how long, at most, a listener goes on to accept what is
	// waiting when it is to stop. The longest queue that Linux has by default,
	// 4096 connections, takes a tenth of that.
	lastAccepts = 500 * time.Millisecond

	// The pauses between two tries to accept if that fails for want of
	// something, a file descriptor mostly. They are those of package net/http.
	firstRetry = 5 * time.Millisecond
	lastRetry  = time.Second
)

// A listener of the program's that stops well. The kernel accepts connections
// before the program does, and resets those that are waiting when their
// listener is closed. So it is closed by who accepts, once nobody is waiting.
//
// It is closed once, however many there are who close it.
type listener struct {
	net.Listener
	logf  func(format string, args ...any)
	queue queue // of the connections that are waiting; nil if it cannot be asked

	asked  chan struct{} // closed when it is to stop
	until  time.Time     // when it stops at the latest; set before asked is closed
	closed chan struct{}
	once   sync.Once
	err    error // of the close
}

func newListener(ln net.Listener, logf func(format string, args ...any)) *listener {
	return &listener{
		Listener: ln, logf: logf, queue: queueOf(ln),
		asked: make(chan struct{}), closed: make(chan struct{}),
	}
}

// A queue is what the kernel keeps of a listening socket.
type queue interface {
	SetDeadline(time.Time) error
	syscall.Conn
}

// queueOf returns the queue behind ln, or nil. Listeners around others, as
// those of crypto/tls and of netutil, do not have its methods, but embed it.
func queueOf(ln net.Listener) queue {
	for range 8 { // deeper ones go round in circles
		if q, ok := ln.(queue); ok && canPoll {
			return q
		}
		inner, ok := inside[net.Listener](ln, "Listener")
		if !ok {
			return nil
		}
		ln = inner
	}
	return nil
}

// stop has the listener accept what is waiting, and then close itself. It does
// not wait for that. It must be called once only.
func (l *listener) stop() {
	if l.queue == nil {
		_ = l.Close()
		return
	}
	l.until = time.Now().Add(lastAccepts)
	close(l.asked)
	_ = l.queue.SetDeadline(time.Unix(1, 0)) // wakes Accept, if it sleeps in the kernel
	time.AfterFunc(lastAccepts, func() { _ = l.Close() })
}

func (l *listener) stopping() bool { return isClosed(l.asked) }

// Accept returns the next connection or, when the listener is to stop and
// nobody is waiting, closes it. What is merely temporary it tries again itself:
// http.Server.Serve would sleep for up to a second meanwhile, stop or not.
func (l *listener) Accept() (net.Conn, error) {
	for pause := firstRetry; ; pause = min(2*pause, lastRetry) {
		if l.stopping() && !l.another() {
			_ = l.Close()
			return nil, net.ErrClosed
		}
		c, err := l.Listener.Accept()
		switch {
		case err == nil:
			return c, nil
		case isClosed(l.closed):
			return nil, net.ErrClosed // whatever it failed with: Serve might try again
		case !temporary(err):
			return nil, err
		}
		l.sleep(pause, err)
	}
}

// another reports whether a connection is waiting, and lets Accept have it.
func (l *listener) another() bool {
	if time.Now().After(l.until) || !anyWaiting(l.queue) {
		return false
	}
	// If it goes before it is accepted, Accept must not wait for the next one.
	return l.queue.SetDeadline(time.Now().Add(firstRetry)) == nil
}

// sleep waits after err until it is time for another try.
func (l *listener) sleep(pause time.Duration, err error) {
	if l.stopping() {
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			time.Sleep(firstRetry) // not for long: l.until
		}
		return
	}
	l.logf("http: Accept error: %v; retrying in %v", err, pause)
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-l.asked:
	case <-l.closed:
	}
}

func temporary(err error) bool {
	var t interface{ Temporary() bool }
	return errors.As(err, &t) && t.Temporary()
}

// Close closes the listener. That the program has done so before is no error.
func (l *listener) Close() error {
	l.once.Do(func() {
		close(l.closed)
		if err := l.Listener.Close(); !errors.Is(err, net.ErrClosed) {
			l.err = err
		}
	})
	return l.err
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
