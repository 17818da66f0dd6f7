package main

import (
	"context"
	"errors"

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

	err = store.Work(ctx)
	if errors.Is(err, context.Canceled) {
		return nil // status 0, as before
	}
	return err
}
