package actors_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown/actors"
)

func TestHTTP_waitsForTheFunctionsOfRegisterOnShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, ln := newManager(10*time.Second, 0), newPipeListener()
		srv := &http.Server{Handler: http.NotFoundHandler()}
		for i := range 3 {
			srv.RegisterOnShutdown(func() { time.Sleep(time.Duration(i) * time.Second) })
		}
		never := make(chan struct{})
		srv.RegisterOnShutdown(func() {
			go func() { <-never }() // whatever it is: it is not the function
		})
		returned := actor(m, actors.HTTP(srv, ln))
		result := start(m)
		synctest.Wait()
		began := time.Now()
		m.Stop(nil)
		wantNil(t, "the actor returned", returned)
		if got, want := time.Since(began), 2*time.Second; got != want {
			t.Errorf("the actor returned after %v, want %v, as the slowest function", got, want)
		}
		<-result
		close(never)
	})
}

// Most such functions take the program out of some registry. The client keeps
// its connection, whose goroutines live on.
func TestHTTP_aFunctionOfRegisterOnShutdownMayUseHTTP(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		registry := newPipeListener()
		go func() { _ = http.Serve(registry, http.NotFoundHandler()) }() // ends when registry is closed
		client := registry.client(t)
		m, ln := newManager(10*time.Second, 0), newPipeListener()
		srv := &http.Server{Handler: http.NotFoundHandler()}
		left := false
		srv.RegisterOnShutdown(func() {
			_, err := get(client, "http://registry/")
			left = err == nil
		})
		returned := actor(m, actors.HTTP(srv, ln))
		result := start(m)
		synctest.Wait()
		began := time.Now()
		m.Stop(nil)
		if err := <-returned; err != nil || !left {
			t.Errorf("the actor returned %v, and the function was done: %v; want nil, true", err, left)
		}
		if got := time.Since(began); got != 0 {
			t.Errorf("the actor returned after %v, want at once", got)
		}
		wantNil(t, "Run() =", result)
		client.CloseIdleConnections()
		_ = registry.Close()
	})
}

func TestHTTP_aShutdownByTheProgramAsWellIsNoSecondCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, ln := newManager(10*time.Second, 0), newPipeListener()
		srv := &http.Server{Handler: http.NotFoundHandler()}
		called := make(chan struct{}, 2)
		srv.RegisterOnShutdown(func() { called <- struct{}{} })
		actor(m, actors.HTTP(srv, ln))
		result := start(m)
		synctest.Wait()
		m.Stop(nil)
		<-called
		synctest.Wait()
		if err := srv.Shutdown(context.Background()); err != nil {
			t.Errorf("Shutdown() = %v, want nil", err)
		}
		<-called
		wantNil(t, "Run() =", result)
	})
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
		wantAfter(t, began, 8*time.Second)
		<-result
		close(never)
	})
}
