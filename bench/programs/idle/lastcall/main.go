// Lastcall is idle until SIGTERM, under shutdown.Main.
package main

import (
	"context"

	"github.com/seed7e043c35/lastcall/bench/programs/parent"
	"github.com/seed7e043c35/lastcall/shutdown"
)

func main() { shutdown.Main(run) }

func run(ctx context.Context) error {
	parent.Ready("")
	<-ctx.Done()
	return nil
}
