package main

import (
	"context"

	"go.uber.org/fx"

	"github.com/seed7e043c35/lastcall/examples/recipes/internal/shop"
	"github.com/seed7e043c35/lastcall/shutdown"
)

func main() { shutdown.Main(run) }

// run lets fx build, and lastcall end: StartTimeout still bounds the start.
func run(ctx context.Context) error {
	app := fx.New(
		fx.Provide(func() context.Context { return ctx }, newStore),
		fx.Invoke(work), fx.NopLogger,
	)
	start, cancel := context.WithTimeout(shutdown.Work(ctx), app.StartTimeout())
	defer cancel()
	if err := app.Start(start); err != nil {
		return err
	}
	shutdown.Finally(ctx, "fx", app.Stop) // hooks that are left
	<-ctx.Done()
	return nil
}

func newStore(ctx context.Context) (*shop.Store, error) {
	store, err := shop.Open()
	if err != nil {
		return nil, err
	}
	shutdown.Finally(ctx, "store", store.Close)
	return store, nil
}

func work(ctx context.Context, store *shop.Store) {
	shutdown.FromContext(ctx).Go("worker", store.Work)
}
