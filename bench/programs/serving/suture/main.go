// Suture serves until SIGTERM, as the one service of a suture supervisor.
package main

import (
	"context"
	"errors"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"github.com/thejerf/suture/v4"

	"github.com/seed7e043c35/lastcall/bench/programs/serving/inflight"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	srv, ln, err := inflight.Listen()
	if err != nil {
		log.Fatal(err)
	}
	supervisor := suture.New("serving", suture.Spec{Timeout: inflight.Patience})
	supervisor.Add(&server{srv, ln})
	if err := supervisor.Serve(ctx); !errors.Is(err, context.Canceled) {
		log.Fatal(err)
	}
}

type server struct {
	srv *http.Server
	ln  net.Listener
}

func (s *server) Serve(ctx context.Context) error {
	go func() {
		if err := s.srv.Serve(s.ln); !errors.Is(err, http.ErrServerClosed) {
			log.Fatal(err)
		}
	}()
	inflight.Ready(s.ln)
	<-ctx.Done()
	patience, cancel := context.WithTimeout(context.Background(), inflight.Patience)
	defer cancel()
	return errors.Join(ctx.Err(), s.srv.Shutdown(patience))
}
