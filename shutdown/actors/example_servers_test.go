package actors_test

import (
	"context"
	"fmt"
	"net"
	"net/http"

	"github.com/seed7e043c35/lastcall/shutdown/actors"
	"github.com/seed7e043c35/lastcall/shutdown/health"
)

// Several servers in one program: the public one is an actor, and has drained and
// finished before anything else ends. The one for probes and metrics is kept
// first, so it is the last to go, and can be asked until then.
func ExampleHTTP_severalServers() {
	m := newManager(0, 0)
	admin, public := mustListen(), mustListen()

	probes := http.NewServeMux()
	probes.Handle("GET /livez", health.Live(m))
	m.Keep("admin", actors.HTTP(&http.Server{Handler: probes}, admin))
	m.Register("database", func(context.Context) error {
		a, err := get(http.DefaultClient, "http://"+admin.Addr().String()+"/livez")
		fmt.Printf("closing the database; admin says %q, %v\n", a.body, err)
		_, err = net.Dial("tcp", public.Addr().String())
		fmt.Println("public listens:", err == nil)
		return nil
	})
	m.Go("public", actors.HTTP(&http.Server{Handler: http.NotFoundHandler()}, public))
	m.Go("other", func(context.Context) error { return nil }) // the first actor to return begins the stop

	fmt.Println("stopped:", m.Run(context.Background()))
	// Output:
	// closing the database; admin says "finalizing\n", <nil>
	// public listens: false
	// stopped: <nil>
}

// Several listeners for one server: Serve leaves that to the function. An actor
// of HTTP for each, with servers that share their handler, does the same and
// also accepts what is waiting when the stop comes.
func ExampleServe_severalListeners() {
	m := newManager(0, 0)
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "hello")
	})}
	listeners := []net.Listener{mustListen(), mustListen()}
	m.Go("api", actors.Serve(srv, func() error {
		failed := make(chan error, len(listeners))
		for _, ln := range listeners {
			go func() { failed <- srv.Serve(ln) }() // ends when srv is shut down
		}
		return <-failed
	}))
	m.Go("client", func(context.Context) error { // its return begins the stop
		for _, ln := range listeners {
			a, err := get(http.DefaultClient, "http://"+ln.Addr().String())
			fmt.Println(a.body, err)
		}
		return nil
	})
	fmt.Println("stopped:", m.Run(context.Background()))
	// Output:
	// hello <nil>
	// hello <nil>
	// stopped: <nil>
}

func mustListen() net.Listener {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	return ln
}
