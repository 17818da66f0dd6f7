//go:build unix

package main

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"
)

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
