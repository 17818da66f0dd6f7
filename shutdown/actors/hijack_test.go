package actors_test

import (
	"io"
	"net/http"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/actors"
)

func TestHTTP_aHijackedConnectionIsToldAtOnceAndWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, ln := newManager(10*time.Second, 0), newPipeListener()
		returned := actor(m, actors.HTTP(&http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer func() { _ = c.Close() }()
			_, _ = io.WriteString(c, "hello\n")
			<-shutdown.FromContext(r.Context()).Context().Done()
			time.Sleep(2 * time.Second)
			_, _ = io.WriteString(c, "goodbye\n")
		})}, ln))
		result := start(m)
		c, err := ln.dial(t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		go func() { _, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n") }()
		_, _ = io.ReadFull(c, make([]byte, len("hello\n")))
		began := time.Now()
		m.Stop(nil)
		last, err := io.ReadAll(c)
		if string(last) != "goodbye\n" || err != nil {
			t.Errorf("the last words were %q, %v; want goodbye", last, err)
		}
		wantNil(t, "the actor returned", returned)
		wantAfter(t, began, 2*time.Second)
		<-result
	})
}

func TestHTTP_aHijackedConnectionIsClosedWhenTimeIsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, ln := newManager(10*time.Second, 0), newPipeListener()
		hijacked := make(chan struct{})
		returned := actor(m, actors.HTTP(&http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			c, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			close(hijacked)
			_, _ = c.Read(make([]byte, 1)) // heeds neither the stop nor its context
		})}, ln))
		result := start(m)
		c, err := ln.dial(t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		go func() { _, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n") }()
		<-hijacked
		began := time.Now()
		m.Stop(nil)
		if err := <-returned; err == nil {
			t.Error("the actor returned nil, want an error: a connection was cut")
		}
		wantAfter(t, began, 8*time.Second)
		if _, err := c.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("reading from the connection: %v, want EOF", err)
		}
		<-result
	})
}

func TestHTTP_anEventStreamCanEndItselfWhileDraining(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, ln := newManager(10*time.Second, 5*time.Second), newPipeListener()
		actor(m, actors.HTTP(&http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_ = http.NewResponseController(w).Flush()
			select {
			case <-shutdown.FromContext(r.Context()).Draining():
				_, _ = io.WriteString(w, "retry: 100\n\n")
			case <-r.Context().Done():
			}
		})}, ln))
		result := start(m)
		resp, err := ln.client(t).Get("http://x/")
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		m.Signal(syscall.SIGTERM)
		body, err := io.ReadAll(resp.Body)
		if string(body) != "retry: 100\n\n" || err != nil {
			t.Errorf("the stream ended with %q, %v; want the request to retry", body, err)
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("the stream ended after %v, want at once", took)
		}
		_ = resp.Body.Close()
		<-result
	})
}
