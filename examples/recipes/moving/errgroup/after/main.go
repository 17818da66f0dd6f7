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
	for _, name := range []string{"worker 1", "worker 2"} {
		m.Go(name, store.Work) // context.Canceled is no failure
	}
	<-ctx.Done()
	return nil
}
