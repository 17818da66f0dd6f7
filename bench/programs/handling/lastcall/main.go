// Lastcall answers each request in a scope with one finalizer.
package main

import (
	"context"
	"net"
	"net/http"

	"github.com/seed7e043c35/lastcall/bench/programs/parent"
	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/actors"
)

func main() { shutdown.Main(run) }

func run(ctx context.Context) error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	parent.Ready(ln.Addr().String())
	return actors.HTTP(&http.Server{Handler: http.HandlerFunc(handle)}, ln)(ctx)
}

func handle(_ http.ResponseWriter, r *http.Request) {
	_ = shutdown.Scope(r.Context(), "request", func(ctx context.Context) error {
		shutdown.Finally(ctx, "opened", func() {})
		return nil
	})
}
