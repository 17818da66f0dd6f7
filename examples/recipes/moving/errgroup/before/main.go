package main

import (
	"context"
	"errors"
	"log"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sync/errgroup"

	"github.com/seed7e043c35/lastcall/examples/recipes/internal/shop"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(),
		os.Interrupt, syscall.SIGTERM)
	defer stop()
	store, err := shop.Open()
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()

	g, ctx := errgroup.WithContext(ctx)
	for range 2 {
		g.Go(func() error { return store.Work(ctx) })
	}
	err = g.Wait()
	if err != nil && !errors.Is(err, context.Canceled) {
		log.Print(err)
	}
}
