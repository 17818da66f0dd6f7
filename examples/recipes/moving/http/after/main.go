package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/seed7e043c35/lastcall/examples/recipes/internal/shop"
	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/actors"
)

func main() {
	m := shutdown.Default()
	m.Grace = 12500 * time.Millisecond // 10 s for requests
	shutdown.Main(run)
}

func run(ctx context.Context) error {
	store, err := shop.Open()
	if err != nil {
		return err
	}
	shutdown.Finally(ctx, "store", store.Close)

	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("ready")
	srv := &http.Server{Handler: store}
	return actors.HTTP(srv, ln)(ctx)
}
