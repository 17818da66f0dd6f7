// Recipe serves until SIGTERM, and lets requests finish as package net/http
// shows how.
package main

import (
	"context"
	"errors"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"github.com/seed7e043c35/lastcall/bench/programs/serving/inflight"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	srv, ln, err := inflight.Listen()
	if err != nil {
		log.Fatal(err)
	}
	go func() {
		if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			log.Fatal(err)
		}
	}()
	inflight.Ready(ln)
	<-ctx.Done()
	patience, cancel := context.WithTimeout(context.Background(), inflight.Patience)
	defer cancel()
	if err := srv.Shutdown(patience); err != nil {
		log.Fatal(err)
	}
}
