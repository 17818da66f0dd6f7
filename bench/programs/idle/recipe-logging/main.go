// Recipe-logging is idle until SIGTERM, as package os/signal shows how, and logs
// the two lines that lastcall does.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/rs/zerolog"

	"github.com/seed7e043c35/lastcall/bench/programs/parent"
)

func main() {
	log := zerolog.New(os.Stderr).With().Timestamp().Logger()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	parent.Ready("")
	<-ctx.Done()
	began := time.Now()
	log.Info().AnErr("cause", context.Cause(ctx)).Int("grace", 9000).Int("pending", 1).Msg("stopping")
	log.Info().AnErr("cause", context.Cause(ctx)).Dur("took", time.Since(began)).Int("ok", 1).Msg("stopped")
}
