package resource_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/seed7e043c35/lastcall/resource"
	"github.com/seed7e043c35/lastcall/shutdown"
)

// The examples of Finally show what programs close most often. Each is one
// line after the one that opens it, since shutdown.Func takes the method as it
// is. Their scope stands for the function that shutdown.Main runs.

// A client knows whether it is closed, so its constructor can ensure that it
// will be. Whoever forgets to close it is told.
func ExampleEnsure() {
	runAndTell(func(ctx context.Context) error {
		dial(ctx, "forgotten")
		_ = dial(ctx, "closed in time").Close()
		return nil
	})
	// Output:
	// closing closed in time
	// closing forgotten
	// result: <nil>
	// not closed by its owner: *resource_test.client
}

type client struct {
	addr   string
	closed atomic.Bool // IsClosed may be called from any goroutine
}

func dial(ctx context.Context, addr string) *client {
	c := &client{addr: addr}
	resource.Ensure(ctx, c, c.Close)
	return c
}

func (c *client) IsClosed() bool { return c.closed.Load() }

func (c *client) Close() error {
	c.closed.Store(true)
	fmt.Println("closing", c.addr)
	return nil
}

// A handle is for what cannot say whether it is closed. It closes its value
// once, whoever calls.
func ExampleTrack() {
	runAndTell(func(ctx context.Context) error {
		spool := resource.Track(ctx, "spool", 7, func() { fmt.Println("closing spool") })
		defer spool.Close()
		resource.Track(ctx, "journal", 8, func() { fmt.Println("closing journal") }) // forgotten
		fmt.Println("using", spool.Value())
		return nil
	})
	// Output:
	// using 7
	// closing spool
	// closing journal
	// result: <nil>
	// not closed by its owner: journal
}

// runAndTell runs a program and prints how it ended, and what it leaked.
func runAndTell(run func(ctx context.Context) error) {
	silent := zerolog.Nop()
	m := &shutdown.Manager{Logger: &silent}
	var leaks []string // complete when Run returns: it waits for observers
	m.Observe(func(e shutdown.Event) {
		if e.Type == shutdown.EventLeaked {
			leaks = append(leaks, e.Component.Name)
		}
	})
	m.Go("run", run)
	fmt.Println("result:", m.Run(context.Background()))
	for _, name := range leaks {
		fmt.Println("not closed by its owner:", name)
	}
}

// A database is closed after everything that was opened later.
func Example_database() {
	_ = shutdown.Scope(context.Background(), "run", func(ctx context.Context) error {
		db := sql.OpenDB(connector{})
		shutdown.Finally(ctx, "database", db.Close)

		fmt.Println("ping:", db.PingContext(ctx))
		return nil
	})
	// Output:
	// ping: <nil>
	// connection closed
}

// A connector opens connections to nothing.
type connector struct{}

func (connector) Connect(context.Context) (driver.Conn, error) { return connection{}, nil }
func (connector) Driver() driver.Driver                        { return nil }

type connection struct{ driver.Conn }

func (connection) Close() error { fmt.Println("connection closed"); return nil }

// A file is closed by who opened it, and if that is forgotten, in the end.
func Example_file() {
	runAndTell(func(ctx context.Context) error {
		file, err := os.Open(os.DevNull)
		if err != nil {
			return err
		}
		input := resource.Track(ctx, "input", file, file.Close)
		defer input.Close()

		n, err := io.Copy(io.Discard, input.Value())
		fmt.Println(n, "bytes read")
		return err
	})
	// Output:
	// 0 bytes read
	// result: <nil>
}

// A response's body is closed with the request that needs it, and not only at
// the end of the program.
func Example_responseBody() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "hello")
	}))
	defer server.Close()

	fetch := func(ctx context.Context) error {
		response, err := http.Get(server.URL)
		if err != nil {
			return err
		}
		shutdown.Finally(ctx, "response", response.Body.Close)
		_, err = io.Copy(os.Stdout, response.Body)
		return err
	}
	fmt.Println("result:", shutdown.Scope(context.Background(), "fetch", fetch))
	// Output:
	// hello
	// result: <nil>
}

// A directory that must not outlive the program is removed.
func Example_tempDir() {
	var dir string
	_ = shutdown.Scope(context.Background(), "run", func(ctx context.Context) (err error) {
		if dir, err = os.MkdirTemp("", "example"); err != nil {
			return err
		}
		shutdown.Finally(ctx, "temp dir", func() error { return os.RemoveAll(dir) })

		return os.WriteFile(filepath.Join(dir, "part"), nil, 0o600)
	})
	_, err := os.Stat(dir)
	fmt.Println("gone:", errors.Is(err, os.ErrNotExist))
	// Output:
	// gone: true
}

// A lock file is given back by whoever got it, and by nobody else: what failed
// to be opened is not registered.
func Example_lockFile() {
	path := filepath.Join(os.TempDir(), fmt.Sprintf("example-%d.lock", os.Getpid()))
	lock := func(ctx context.Context) error {
		file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		shutdown.Finally(ctx, "lock", func() error { return errors.Join(file.Close(), os.Remove(path)) })
		return nil
	}
	run := func(ctx context.Context) error {
		fmt.Println("first:", lock(ctx))
		fmt.Println("second is refused:", errors.Is(lock(ctx), os.ErrExist))
		return nil
	}
	_ = shutdown.Scope(context.Background(), "run", run)
	_ = shutdown.Scope(context.Background(), "run again", run)
	// Output:
	// first: <nil>
	// second is refused: true
	// first: <nil>
	// second is refused: true
}

// The provider of an OpenTelemetry kind has until its context ends to send what
// it has collected. That context is alive, although the program's is not.
func Example_provider() {
	_ = shutdown.Scope(context.Background(), "run", func(ctx context.Context) error {
		traces := new(provider)
		shutdown.Finally(ctx, "traces", traces.Shutdown)

		traces.spans += 2
		return nil
	})
	// Output:
	// 2 spans sent in time
}

type provider struct{ spans int }

func (p *provider) Shutdown(ctx context.Context) error {
	if _, bounded := ctx.Deadline(); bounded && ctx.Err() == nil {
		fmt.Println(p.spans, "spans sent in time")
	}
	return ctx.Err()
}

// A connection of the NATS kind is drained. That fails here, and is said.
func Example_drain() {
	err := shutdown.Scope(context.Background(), "run", func(ctx context.Context) error {
		events := new(broker)
		shutdown.Finally(ctx, "events", events.Drain)
		return nil
	})
	fmt.Println(err)
	// Output:
	// shutdown: finalizer "events": connection lost
}

type broker struct{}

func (*broker) Drain() error { return errors.New("connection lost") }

// A ticker's Stop has neither a context nor an error.
func Example_ticker() {
	ticker := time.NewTicker(time.Nanosecond)
	_ = shutdown.Scope(context.Background(), "run", func(ctx context.Context) error {
		shutdown.Finally(ctx, "ticker", ticker.Stop)

		<-ticker.C
		fmt.Println("tick")
		return nil
	})
	select {
	case <-ticker.C:
		fmt.Println("tick")
	default:
		fmt.Println("stopped")
	}
	// Output:
	// tick
	// stopped
}

// So has a context.CancelFunc.
func Example_cancel() {
	watch, cancel := context.WithCancel(context.Background())
	_ = shutdown.Scope(context.Background(), "run", func(ctx context.Context) error {
		shutdown.Finally(ctx, "watch", cancel)
		fmt.Println(watch.Err())
		return nil
	})
	fmt.Println(watch.Err())
	// Output:
	// <nil>
	// context canceled
}
