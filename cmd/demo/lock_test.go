//go:build unix

package main

import (
	"bytes"
	"io"
	"net"
	"net/url"
	"sync"
	"syscall"
	"testing"
)

// A slowLine is a connection to PostgreSQL on which the answer to the first
// ping of a replica's lock takes as long as the test likes.
type slowLine struct {
	ln, server string // addresses
	pinging    chan struct{}
	answer     chan struct{}
	once       sync.Once
}

func newSlowLine(t *testing.T, server string) *slowLine {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	l := &slowLine{ln: ln.Addr().String(), server: server, pinging: make(chan struct{}), answer: make(chan struct{})}
	go func() { // ends when ln is closed
		for {
			client, err := ln.Accept()
			if err != nil {
				return
			}
			go l.pass(client)
		}
	}()
	return l
}

// pass passes on what both sides say, until one of them ends.
func (l *slowLine) pass(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", l.server)
	if err != nil {
		return
	}
	defer server.Close()
	go func() { // ends with server
		_, _ = io.Copy(client, server)
		_ = client.Close()
	}()
	isLock := false
	buf := make([]byte, 1<<16)
	for {
		n, err := client.Read(buf)
		if err != nil {
			return
		}
		isLock = isLock || bytes.Contains(buf[:n], []byte("pg_advisory_lock("))
		if isLock && bytes.Contains(buf[:n], []byte("-- ping")) {
			l.once.Do(func() { close(l.pinging) })
			<-l.answer
		}
		if _, err := server.Write(buf[:n]); err != nil {
			return
		}
	}
}

func TestStopInTheMiddleOfAPing_keepsTheLock(t *testing.T) {
	t.Parallel()
	db, err := url.Parse(newDatabase(t))
	if err != nil {
		t.Fatal(err)
	}
	line := newSlowLine(t, db.Host)
	db.Host = line.ln
	p := start(t, "-db", db.String(), "-traffic", "0", "-grace", "20s")
	<-line.pinging
	p.Signal(syscall.SIGTERM)
	p.Line("stopping")
	close(line.answer)
	p.ends("0")
}
