// Recipe is idle until SIGTERM, as package os/signal shows how.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/seed7e043c35/lastcall/bench/programs/parent"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	parent.Ready("")
	<-ctx.Done()
}
