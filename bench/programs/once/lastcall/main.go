// Lastcall stops once: one actor, one finalizer, no signals, no log.
package main

import (
	"context"
	"os"

	"github.com/rs/zerolog"

	"github.com/seed7e043c35/lastcall/bench/programs/parent"
	"github.com/seed7e043c35/lastcall/shutdown"
)

func main() {
	silent := zerolog.Nop()
	m := &shutdown.Manager{Signals: []os.Signal{}, Logger: &silent}
	m.Register("finalizer", func(context.Context) error { return nil })
	up, result := make(chan struct{}), make(chan error, 1)
	m.Go("actor", func(ctx context.Context) error {
		close(up)
		<-ctx.Done()
		return nil
	})
	go func() { result <- m.Run(context.Background()) }() // ends with the stop
	<-up
	parent.Stop(func() error {
		m.Stop(nil)
		return <-result
	})
}
