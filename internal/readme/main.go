// The first program of README.md, so that it is known to compile.
package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/actors"
)

func main() { shutdown.Main(run) }

func run(ctx context.Context) error {
	journal, err := os.Create("journal.txt")
	if err != nil {
		return err
	}
	shutdown.Finally(ctx, "journal", journal.Close)

	ln, err := net.Listen("tcp", "127.0.0.1:8080")
	if err != nil {
		return err // the journal is closed
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(journal, r.URL)
	})}
	return actors.HTTP(srv, ln)(ctx)
}
