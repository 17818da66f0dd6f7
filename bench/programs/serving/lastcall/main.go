// Lastcall serves until SIGTERM, under shutdown.Main and with actors.HTTP.
package main

import (
	"context"

	"github.com/seed7e043c35/lastcall/bench/programs/serving/inflight"
	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/actors"
)

func main() { shutdown.Main(run) }

func run(ctx context.Context) error {
	srv, ln, err := inflight.Listen()
	if err != nil {
		return err
	}
	inflight.Ready(ln)
	return actors.HTTP(srv, ln)(ctx)
}
