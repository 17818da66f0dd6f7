// Demo is a job inbox: jobs are posted to it over HTTP, kept in a database and
// worked on. It shows how a program uses package shutdown, and makes its own
// traffic, so that there is something to drain when Ctrl-C is pressed:
//
//	$ go run ./cmd/demo
//	$ curl -d '{"text": "hello", "work_ms": 250}' http://127.0.0.1:8080/jobs
//
// By default it keeps the jobs in jobs.db, in the working directory. Several of
// them may work on one PostgreSQL database; see -h.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/actors"
	"github.com/seed7e043c35/lastcall/shutdown/progress"
	"github.com/seed7e043c35/lastcall/shutdown/report"
	"github.com/seed7e043c35/lastcall/shutdown/systemd"
)

func main() {
	s, err := parse(os.Args[1:])
	switch {
	case errors.Is(err, flag.ErrHelp):
		return
	case err != nil:
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(2) // nothing has been opened yet
	}
	display := progress.Terminal(os.Stderr) // shows who is being waited for
	m := shutdown.Default()
	m.Grace, m.Drain, m.Logger = s.grace, s.drain, logTo(display, s.verbose)
	display.Watch(m)
	report.FromEnv(m)
	shutdown.Main(func(ctx context.Context) error { return run(ctx, s, standardOutput(display)) })
}

// run is the program, in the order in which its parts start. They end in the
// opposite order. What it says to people goes to out.
func run(ctx context.Context, s settings, out io.Writer) error {
	m := shutdown.FromContext(ctx)

	// First what everything stands on: it is closed last.
	jobs, err := openStore(ctx, s.db)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", s.addr)
	if err != nil {
		return err // what openStore has opened is closed
	}
	defer listener.Close() // in case something fails before it is served

	// Then what is left to do once the workers have gone: first hand back what
	// they have not finished, then settle the accounts.
	books := &books{store: jobs, out: out}
	shutdown.Finally(ctx, "accounts", books.settle)
	shutdown.Finally(ctx, "unfinished jobs", books.handBack)
	if err := books.reclaim(ctx); err != nil {
		return err
	}

	// Then those who work. When one of them returns, the program stops.
	scratch, err := scratchDirectory(ctx, s.guard)
	if err != nil {
		return err
	}
	crew := &crew{jobs: jobs, books: books, scratch: scratch, trouble: s.trouble, arrived: make(chan struct{}, s.workers)}
	for i := range s.workers {
		name := fmt.Sprintf("worker %d", i+1)
		m.Go(name, crew.worker(name))
	}
	m.Go("watch", jobs.watch)

	// Last those who let work in: from here on the program is of use.
	url := "http://" + listener.Addr().String()
	fmt.Fprintf(out, "listening on %s, jobs in %s; Ctrl-C stops it\n", url, jobs.dialect.name)
	if s.traffic > 0 {
		m.Go("traffic", traffic{url, s.traffic}.run)
	}
	s.trouble.begin(ctx)
	systemd.Notify(m) // where systemd is waiting for it
	api := &api{jobs: jobs, books: books, accepted: crew.wake}
	server := &http.Server{Handler: api.routes(m), ReadHeaderTimeout: 5 * time.Second}
	return actors.HTTP(server, listener)(ctx)
}
