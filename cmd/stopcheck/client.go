//go:build unix

package main

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// A kind of request in flight: how a request can be kept open, on a server of
// which nothing is known, until the signal has come.
type kind int

const (
	headers kind = iota // the last of its headers are held back
	body                // half of its body is held back, or the endpoint is slow
	kept                // the same, on a connection that had a request before
)

// A flight is one request that has been sent in part.
type flight struct {
	t    *target
	conn net.Conn
	in   *bufio.Reader
	rest string // what was held back
}

// A fate is what became of a request.
type fate struct {
	answered bool
	status   int
	failure  error // why it was not answered
	ours     bool  // because our own client failed
}

func failed(err error) fate { return fate{failure: err, ours: ours(err)} }

func (f fate) String() string {
	switch {
	case f.answered && f.failure == nil:
		return fmt.Sprintf("answered with %d", f.status)
	case errors.Is(f.failure, io.EOF), errors.Is(f.failure, io.ErrUnexpectedEOF):
		return "connection closed without an answer"
	case isTimeout(f.failure):
		return "no answer"
	}
	return plain(f.failure)
}

// open connects, and with kind kept has one request answered first.
func (t *target) open(k kind) (*flight, error) {
	conn, err := t.dial("http/1.1")
	if err != nil {
		return nil, err
	}
	f := &flight{t: t, conn: conn, in: bufio.NewReader(conn)}
	if k != kept {
		return f, nil
	}
	if first := f.ask(t.head("", false)+"\r\n", patient); first.failure != nil {
		conn.Close()
		return nil, first.failure
	}
	return f, nil
}

// begin opens a request of the kind and sends the first part of it.
func (t *target) begin(k kind) (*flight, error) {
	f, err := t.open(k)
	if err != nil {
		return nil, err
	}
	first := t.head("X-Stopcheck: held ba", true)
	f.rest = "ck\r\n\r\n"
	switch {
	case k != headers && t.slow:
		first, f.rest = t.head("", false)+"\r\n", ""
	case k != headers: // without "Connection: close": Go's server then waits for no body
		first, f.rest = t.head("Content-Type: text/plain\r\nContent-Length: 10\r\n", false)+"\r\nstop", "-check"
	}
	if _, err := io.WriteString(f.conn, first); err != nil {
		f.conn.Close()
		return nil, err
	}
	return f, nil
}

// head is a request without the empty line that ends its headers.
func (t *target) head(more string, last bool) string {
	h := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: stopcheck\r\nAccept: */*\r\n", t.method, t.path, t.host)
	if last {
		h += "Connection: close\r\n"
	}
	return h + more
}

// finish sends what was held back, and reads the answer.
func (f *flight) finish(patience time.Duration) fate {
	defer f.conn.Close()
	return f.ask(f.rest, patience)
}

func (f *flight) ask(text string, patience time.Duration) fate {
	_ = f.conn.SetDeadline(time.Now().Add(patience))
	_, wrote := io.WriteString(f.conn, text) // the answer may be there all the same
	answer, err := http.ReadResponse(f.in, &http.Request{Method: f.t.method})
	if err != nil && wrote != nil {
		return failed(wrote)
	}
	if err != nil {
		return failed(err)
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return failed(fmt.Errorf("the answer broke off: %w", err))
	}
	fate := fate{answered: true, status: answer.StatusCode}
	if f.t.status != 0 && f.t.status < 500 && answer.StatusCode >= 500 {
		fate.failure = fmt.Errorf("answered with %d", answer.StatusCode)
	}
	return fate
}

// quiet says that nothing came on the connection for that long.
func (f *flight) quiet(d time.Duration) bool {
	_ = f.conn.SetReadDeadline(time.Now().Add(d))
	_, err := f.in.Peek(1)
	_ = f.conn.SetReadDeadline(time.Time{})
	return isTimeout(err)
}

// ask makes one ordinary request.
func (t *target) ask(patience time.Duration) fate {
	f, err := t.open(headers)
	if err != nil {
		return failed(err)
	}
	defer f.conn.Close()
	return f.ask(t.head("", true)+"\r\n", patience)
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// explore finds out what the target speaks.
func (t *target) explore() {
	began := time.Now()
	answer := t.ask(patient)
	if !t.tls && (!answer.answered || answer.status == http.StatusBadRequest) && t.speaksTLS() {
		t.tls = true
		began = time.Now()
		answer = t.ask(patient)
	}
	if !answer.answered {
		return
	}
	t.http, t.status, t.slow = true, answer.status, time.Since(began) > slowFrom
	t.body = t.slow || t.waits(body)
	t.http2 = t.speaks2()
	t.body2 = t.http2 && t.waits2()
}

func (t *target) speaksTLS() bool {
	c, err := net.DialTimeout("tcp", t.addr, patient)
	if err != nil {
		return false
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(time.Second))
	return tls.Client(c, &tls.Config{InsecureSkipVerify: true}).Handshake() == nil
}

// waits says whether a request of the kind stays open until its rest is sent.
func (t *target) waits(k kind) bool {
	f, err := t.begin(k)
	if err != nil {
		return false
	}
	if !f.quiet(100 * time.Millisecond) {
		f.conn.Close()
		return false
	}
	return f.finish(patient).answered
}

// plain is an error in few words.
func plain(err error) string {
	text := err.Error()
	if i := strings.LastIndex(text, ": "); i >= 0 {
		text = text[i+2:]
	}
	return text
}
