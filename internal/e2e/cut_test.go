//go:build unix

package e2e_test

import (
	"context"
	"net"
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// What was cut never ends as 0: a supervisor would take it for done.
func TestWorkThatWasCut_isNoSuccess(t *testing.T) { testScenes(t, cutWork) }

var cutWork = map[string]scene{
	"a transaction is rolled back at the deadline": {
		run: rollsBack, send: sigterm, setup: closesDatabase,
		ends: exit(1), said: []string{"rolled back", "closing database", "database"}, prints: []string{`"cut":1`, `"name":"run"`},
	},
	"a transaction is rolled back by a second Ctrl-C": {
		run: rollsBack, send: []syscall.Signal{syscall.SIGINT, syscall.SIGINT}, env: []string{"SHUTDOWN_GRACE=5m"},
		setup: func(m *shutdown.Manager) { insistent(m); m.Register("database", says("database")) },
		ends:  diesBy(syscall.SIGINT), said: []string{"rolled back", "database"}, prints: []string{`"cut":1`, `"name":"run"`},
	},
	"a transaction of another actor is rolled back": {
		run: obedient, send: sigterm,
		setup: func(m *shutdown.Manager) { closesDatabase(m); m.Go("import", rollsBackQuietly) },
		ends:  exit(1), said: []string{"rolled back", "closing database", "database"}, prints: []string{`"cut":1`, `"name":"import"`},
	},
	"a transaction in a manager inside is rolled back": {
		run: manages("journal", func(ctx context.Context) error { ready(); return rollsBackQuietly(ctx) }), send: sigterm, setup: closesDatabase,
		ends: exit(1), said: []string{"rolled back", "journal", "closing database", "database"}, prints: []string{`"cut":1`, `"name":"mule"`},
	},
	"a request of a server that was moved from oklog/run": {
		run: waits, send: sigterm, setup: servesByAdd,
		ends: exit(1), said: []string{"closing database", "database"}, prints: []string{`"cut":1`, `"name":"http"`},
	},
	"a service is cut at the end of its slot": {
		run: obedient, send: sigterm,
		setup: func(m *shutdown.Manager) { m.Keep("writer", rollsBackQuietly, shutdown.Within(200*time.Millisecond)) },
		ends:  exit(1), said: []string{"rolled back"}, prints: []string{`"cut":1`, `"name":"writer"`},
	},
	"a transaction is committed although its time is up": {
		run: func(ctx context.Context) error { ready(); <-shutdown.Work(ctx).Done(); return nil }, send: sigterm, setup: closesDatabase,
		ends: exit(0), said: []string{"closing database", "database"},
	},
	"a flush to a dead collector leaves time for the database": {
		run: obedient, send: sigterm,
		setup: func(m *shutdown.Manager) {
			closesDatabase(m)
			m.Register("traces", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		},
		ends: exit(1), said: []string{"closing database", "database"}, prints: []string{`"name":"traces"`},
	},
}

var sigterm = []syscall.Signal{syscall.SIGTERM}

func closesDatabase(m *shutdown.Manager) { m.Register("database", takesTime("database")) }

// rollsBack is a transaction that ends when its time is up.
func rollsBack(ctx context.Context) error {
	ready()
	return rollsBackQuietly(ctx)
}

func rollsBackQuietly(ctx context.Context) error {
	work := shutdown.Work(ctx)
	<-work.Done()
	say("rolled back")
	return work.Err()
}

// servesByAdd adds a server as programs of oklog/run do, with a request in flight
// that does not end.
func servesByAdd(m *shutdown.Manager) {
	closesDatabase(m)
	srv := &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { ready(); forever() })}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	m.Add("http", func() error { return srv.Serve(ln) }, func(error) { _ = srv.Shutdown(m.WorkContext()) })
	go func() { _, _ = http.Get("http://" + ln.Addr().String()) }() // ends with the process
}
