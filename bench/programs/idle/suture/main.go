// Suture is idle until SIGTERM, as the one service of a suture supervisor.
package main

import (
	"context"
	"errors"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/thejerf/suture/v4"

	"github.com/seed7e043c35/lastcall/bench/programs/parent"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	supervisor := suture.NewSimple("idle")
	supervisor.Add(idle{})
	if err := supervisor.Serve(ctx); !errors.Is(err, context.Canceled) {
		log.Fatal(err)
	}
}

type idle struct{}

func (idle) Serve(ctx context.Context) error {
	parent.Ready("")
	<-ctx.Done()
	return ctx.Err()
}
