package main

import (
	"context"

	"github.com/seed7e043c35/lastcall/examples/recipes/internal/shop"
	"github.com/seed7e043c35/lastcall/shutdown"
)

func main() { shutdown.Main(run) }

func run(ctx context.Context) error {
	store, err := shop.Open()
	if err != nil {
		return err
	}
	shutdown.Finally(ctx, "store", store.Close)

	m := shutdown.FromContext(ctx)
	worker, cancel := context.WithCancel(context.Background())
	m.Add("worker", // the pair, as it is
		func() error { return store.Work(worker) },
		func(error) { cancel() },
	)
	// no SignalHandler: the manager has one

	<-ctx.Done()
	return nil
}
