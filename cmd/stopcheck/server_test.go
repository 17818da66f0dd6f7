//go:build unix

package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// The test binary is the control server, too: a server that stops as well as
// one can. Its variable names the one fault that it is given, or "none".
const faultVariable = "STOPCHECK_TEST_SERVER"

func TestMain(m *testing.M) {
	switch fault := os.Getenv(faultVariable); fault {
	case "":
		adoptOrphans()
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
	child *os.File // our end of the child's pipe
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
		s.lines <- line
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

// cut cuts off the requests that the fault names.
func (s *server) cut() {
	s.each(func(c *conn) {
		read, requests := c.read.Load(), c.requests.Load()
		kinds := map[string]bool{
			"answered":  read > 0 && read < 120 && requests == 0, // no end of headers yet
			"body":      read >= 120 && read < 190 && requests == 0,
			"keepalive": requests > 0 && !c.idle.Load(),
			"http2":     read >= 24 && s.is("http2") && c.idle.Load(), // net/http leaves it in that state
		}
		if kinds[s.fault] {
			c.Close()
		}
	})
}

// wait waits for connections that it ought to close.
func (s *server) wait() {
	for {
		open := 0
		s.each(func(c *conn) {
			silent := c.read.Load() == 0
			idle := c.idle.Load()
			switch {
			case silent && !s.is("silent"), idle && !s.is("idle"):
				c.Close()
			default:
				open++
			}
		})
		if open == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// cutLate takes a pause for time used up.
func (s *server) cutLate(web *http.Server) {
	continued := make(chan os.Signal, 1)
	signal.Notify(continued, syscall.SIGCONT)
	<-continued
	web.Close()
}

// insisted ends at the second Ctrl-C.
func (s *server) insisted(asked chan os.Signal) {
	for sig := range asked {
		if sig == syscall.SIGINT && !s.is("insist") {
			os.Exit(130)
		}
	}
}

// mayNotStartTwice fails where a lock was left.
func (s *server) mayNotStartTwice() {
	if !s.is("restart") {
		return
	}
	if _, err := os.Stat(os.Getenv("LOCK")); err == nil {
		fmt.Println("somebody holds the lock")
		os.Exit(1)
	}
}

// bear starts a child that lives longer than we do, if the fault says so.
func (s *server) bear() {
	r, w, err := os.Pipe()
	if err != nil {
		return
	}
	self, _ := os.Executable()
	c := exec.Command(self)
	c.Env = append(os.Environ(), faultVariable+"=child", "CHILD_OF="+s.fault)
	c.ExtraFiles = []*os.File{r}
	if c.Start() == nil {
		s.child = w
	}
	r.Close()
}

// farewell tells the child to go, or to stay.
func (s *server) farewell() {
	switch s.fault {
	case "children":
		_, _ = s.child.WriteString("stay")
	case "killed":
		_, _ = s.child.WriteString("go")
	case "restart":
		_ = os.WriteFile(os.Getenv("LOCK"), nil, 0o600)
	case "files":
		return
	case "said":
		fmt.Println("panic: runtime error: invalid memory address or nil pointer dereference")
	}
	if len(s.lines) > 0 {
		time.Sleep(50 * time.Millisecond) // for the log; not longer: nobody may read it
	}
}

// child stays after "stay"; at the end of its pipe it stays if it is the one
// that survives kill -9.
func child() {
	b := make([]byte, 4)
	n, _ := os.NewFile(3, "pipe").Read(b)
	word := string(b[:n])
	if word == "stay" || word == "" && os.Getenv("CHILD_OF") == "killed" {
		time.Sleep(time.Minute)
	}
	os.Exit(0)
}
