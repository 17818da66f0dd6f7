package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/seed7e043c35/lastcall/examples/shop/mail"
	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/progress"
	"github.com/seed7e043c35/lastcall/shutdown/report"
)

// main is all that it takes to see a stop: a display, a report, the program.
func main() {
	m := shutdown.Default()
	progress.Terminal(os.Stderr).Watch(m)
	report.FromEnv(m)
	shutdown.Main(run)
}

func run(ctx context.Context) error {
	m := shutdown.FromContext(ctx)
	shutdown.Finally(ctx, "database", closing(260*time.Millisecond, nil))
	if os.Getenv("HANG") != "" {
		outbox := new(mail.Outbox)
		shutdown.Finally(ctx, "outbox", outbox.Flush)
	}
	m.Keep("batch writer", busy(800*time.Millisecond))
	shutdown.Finally(ctx, "upload", closing(220*time.Millisecond, errDiskFull))

	last := []time.Duration{450 * time.Millisecond, 900 * time.Millisecond}
	for i, needs := range last {
		name := fmt.Sprintf("worker %d", i+1)
		m.Go(name, busy(needs))
	}
	if err := takeOrder(m, 1800*time.Millisecond); err != nil {
		return err
	}
	fmt.Println("the shop is open; Ctrl-C closes it")
	<-ctx.Done()
	return nil
}
