package main

import (
	"context"
	"errors"
	"log"
	"os"
	"syscall"

	"github.com/oklog/run"

	"github.com/seed7e043c35/lastcall/examples/recipes/internal/shop"
)

func main() {
	store, err := shop.Open()
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()

	var g run.Group
	ctx, cancel := context.WithCancel(context.Background())
	g.Add(
		func() error { return store.Work(ctx) },
		func(error) { cancel() },
	)
	g.Add(run.SignalHandler(context.Background(),
		os.Interrupt, syscall.SIGTERM))

	err = g.Run()
	if !errors.Is(err, run.ErrSignal) {
		log.Fatal(err) // the store is not closed
	}
}
