//go:build unix

package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/seed7e043c35/lastcall/internal/parallel"
)

// The test binary is the control server, too: a server that stops as well as
// one can. Its variable names the one fault that it is given, or "none".
const faultVariable = "STOPCHECK_TEST_SERVER"

func TestMain(m *testing.M) {
	switch fault := os.Getenv(faultVariable); fault {
	case "":
		adoptOrphans()
		parallel.AtLeast(3)
		os.Exit(m.Run())
	case "child": // of the server: it lives until its pipe says otherwise
		child()
	default:
		(&server{fault: fault, lines: make(chan string, 100)}).run()
	}
}

var spun atomic.Int64

// A server is the control server, or a mutant of it.
type server struct {
	fault string
	lines chan string // what is to be written
	conns sync.Map    // net.Conn: *conn
	over  chan struct{}

	unwritten sync.WaitGroup // lines
	child     *os.File       // our end of the child's pipe
}

// A conn counts what was read, and the requests that it has had.
type conn struct {
	net.Conn
	read     atomic.Int64
	requests atomic.Int64
	idle     atomic.Bool
}

func (c *conn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.read.Add(int64(n))
	return n, err
}

// A door is a listener of which every connection is counted.
type door struct {
	net.Listener
	s *server
}

func (d door) Accept() (net.Conn, error) {
	c, err := d.Listener.Accept()
	if err != nil {
		return nil, err
	}
	if d.s.is("newcomers") && d.s.stopping() {
		c.Close()
		return d.Accept()
	}
	counted := &conn{Conn: c}
	d.s.conns.Store(counted, true)
	return counted, nil
}

func (s *server) is(fault string) bool { return s.fault == fault }

func (s *server) stopping() bool {
	select {
	case <-s.over:
		return true
	default:
		return false
	}
}

func (s *server) run() {
	s.over = make(chan struct{})
	if s.is("startup") {
		signal.Ignore(syscall.SIGTERM)
		time.Sleep(800 * time.Millisecond)
	}
	asked := s.listenForSignals()
	s.mayNotStartTwice()
	if s.is("killed") || s.is("children") {
		s.bear()
	}
	if s.is("files") {
		_ = os.WriteFile(filepath.Join(os.TempDir(), "left"), nil, 0o600)
	}
	l, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if s.is("ends") {
		os.Exit(0)
	}
	go s.write() // ends with the process
	s.unwritten.Add(1)
	s.lines <- "ready"
	s.serve(l, asked)
}

// listenForSignals leaves alone what was ignored at the start.
func (s *server) listenForSignals() chan os.Signal {
	asked := make(chan os.Signal, 8)
	for _, sig := range []os.Signal{syscall.SIGINT, syscall.SIGHUP} {
		if !signal.Ignored(sig) || s.is("ignored") {
			signal.Notify(asked, sig)
		}
	}
	switch {
	case s.is("sigint"):
		signal.Ignore(syscall.SIGINT)
	case s.is("sigterm"), s.is("process1") && os.Getpid() == 1:
		signal.Ignore(syscall.SIGTERM)
		return asked
	}
	signal.Notify(asked, syscall.SIGTERM)
	if !s.is("pipe") {
		signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	}
	return asked
}

// write writes the log, so that one that blocks stops nobody.
func (s *server) write() {
	for line := range s.lines {
		if _, err := fmt.Println(line); err != nil {
			s.writeFailed(err)
		}
		s.unwritten.Done()
	}
}

func (s *server) writeFailed(err error) {
	switch {
	case s.is("disk") && strings.Contains(err.Error(), "no space") && s.stopping():
		os.Exit(1)
	case s.is("terminal") && strings.Contains(err.Error(), "input/output"):
		select {}
	}
}

// say logs a line; the mutants do it themselves.
func (s *server) say(line string) {
	switch {
	case s.is("full"), s.is("terminal"):
		if _, err := fmt.Println(line); err != nil {
			s.writeFailed(err)
		}
	default:
		s.unwritten.Add(1)
		s.lines <- line
	}
}

// settle gives the log a moment to be written: without it a mutant that dies of
// that could have ended before.
func (s *server) settle() {
	written := make(chan struct{})
	go func() { s.unwritten.Wait(); close(written) }() // ends with the process
	select {
	case <-written:
	case <-time.After(300 * time.Millisecond):
	}
}

func (s *server) serve(l net.Listener, asked chan os.Signal) {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	web := &http.Server{
		Protocols: protocols,
		Handler:   http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "hello") }),
		ConnState: s.note,
	}
	go func() { _ = web.Serve(door{l, s}) }() // ends with the listener, or the process
	sig := <-asked
	close(s.over)
	s.say("stopping")
	go s.insisted(asked) // ends with the process
	s.stop(web, l, sig)
	s.say("stopped")
	if s.is("pipe") || s.is("disk") {
		s.settle()
	}
	s.farewell()
	os.Exit(map[bool]int{true: 1}[s.is("status") || s.is("moody") && s.firstTime()])
}

// firstTime says whether nobody has ended in order before.
func (s *server) firstTime() bool {
	f, err := os.OpenFile(os.Getenv("MOOD"), os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		f.Close()
	}
	return err == nil
}

// note counts the requests of a connection.
func (s *server) note(c net.Conn, state http.ConnState) {
	one, ok := c.(*conn)
	if !ok {
		return
	}
	one.idle.Store(state == http.StateIdle)
	switch state {
	case http.StateIdle:
		one.requests.Add(1)
	case http.StateClosed, http.StateHijacked:
		s.conns.Delete(c)
	}
}

// stop answers what has begun and closes what is silent.
func (s *server) stop(web *http.Server, l net.Listener, sig os.Signal) {
	if s.is("sighup") && sig == syscall.SIGHUP {
		_ = web.Shutdown(context.Background())
		select {}
	}
	switch s.fault {
	case "idle", "silent":
		l.Close()
		s.wait()
		return
	case "answered", "body", "keepalive", "http2":
		s.cut()
	case "spinning":
		go func() {
			for i := 0; ; i++ {
				spun.Store(int64(i))
			}
		}()
	case "paused":
		go s.cutLate(web)
	}
	s.hear(l)
	_ = web.Shutdown(context.Background())
}

// hear lets requests arrive whose headers are under way: net/http drops them
// once Shutdown has been called.
func (s *server) hear(l net.Listener) {
	if !s.is("newcomers") {
		l.Close()
	}
	for open := 1; open > 0; time.Sleep(5 * time.Millisecond) {
		open = 0
		s.each(func(c *conn) {
			switch {
			case c.read.Load() == 0:
				c.Close()
			case !c.idle.Load():
				open++
			}
		})
	}
}

func (s *server) each(do func(*conn)) {
	s.conns.Range(func(c, _ any) bool { do(c.(*conn)); return true })
}
