package actors_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown/actors"
)

func TestHTTP_waitsForTheFunctionsOfRegisterOnShutdown(t *testing.T) {
	var told, over sync.WaitGroup
	m, ln := newManager(0, 0), loopback(t)
	srv := &http.Server{Handler: http.NotFoundHandler()}
	finish := make(chan struct{})
	events := make(chan string, 3)
	told.Add(2)
	over.Add(2)
	srv.RegisterOnShutdown(func() {
		told.Done()
		<-finish
		events <- "function"
		over.Done()
	})
	srv.RegisterOnShutdown(func() {
		go func() { // as the documentation of RegisterOnShutdown asks for
			told.Done()
			<-finish
			events <- "goroutine"
			over.Done()
		}()
	})
	returned := actor(m, actors.HTTP(srv, ln))
	m.Register("database", func(context.Context) error {
		events <- "database"
		return nil
	})
	result := start(m)
	m.Stop(nil)
	told.Wait()
	select {
	case err := <-returned:
		t.Errorf("the actor returned %v while functions were running", err)
	default:
	}
	close(finish)
	over.Wait()
	if err := <-result; err != nil {
		t.Errorf("Run() = %v, want nil", err)
	}
	for range 2 {
		if got := <-events; got == "database" {
			t.Error("the database was closed before the functions had returned")
		}
	}
}

func TestHTTP_aFunctionOfRegisterOnShutdownThatHangsIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, ln := newManager(10*time.Second, 0), newPipeListener()
		srv := &http.Server{}
		never := make(chan struct{})
		srv.RegisterOnShutdown(func() { <-never })
		returned := actor(m, actors.HTTP(srv, ln))
		result := start(m)
		synctest.Wait()
		began := time.Now()
		m.Stop(nil)
		if err := <-returned; err == nil || !strings.Contains(err.Error(), "RegisterOnShutdown") {
			t.Errorf("the actor returned %v, want an error that names RegisterOnShutdown", err)
		}
		if got, want := time.Since(began), 8*time.Second; got != want {
			t.Errorf("the actor returned after %v, want %v", got, want)
		}
		<-result
		close(never)
	})
}
