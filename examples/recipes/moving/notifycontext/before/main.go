package main

import (
	"context"
	"errors"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/seed7e043c35/lastcall/examples/recipes/internal/shop"
)

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	ctx, stop := signal.NotifyContext(context.Background(),
		os.Interrupt, syscall.SIGTERM)
	defer stop()

	store, err := shop.Open()
	if err != nil {
		return err
	}
	defer store.Close()

	err = store.Work(ctx)
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
