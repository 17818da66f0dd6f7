package actors_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/actors"
)

// A request that is in flight when the stop begins is answered before the
// database that it needs is closed. In a program, m is shutdown.Default(), and
// shutdown.Main runs it.
func ExampleHTTP() {
	m := newManager(0, 0)
	m.Register("database", func(context.Context) error {
		fmt.Println("database closed")
		return nil
	})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.Stop(nil) // as if a signal had come right now
		<-m.Context().Done()
		fmt.Println("in flight:", r.Context().Err() == nil)
		_, _ = io.WriteString(w, "answered")
	})}
	m.Go("api", actors.HTTP(srv, ln))

	answers := make(chan string, 1)
	go func() {
		a, err := get(http.DefaultClient, "http://"+ln.Addr().String())
		answers <- fmt.Sprint(a.body, " ", err)
	}()
	fmt.Println("stopped:", m.Run(context.Background()))
	fmt.Println(<-answers)
	// Output:
	// in flight: true
	// database closed
	// stopped: <nil>
	// answered <nil>
}

// A handler that lives as long as its event stream, or its WebSocket, ends when
// the manager of its request's context says so.
func ExampleHTTP_eventStream() {
	m := newManager(0, 0)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	ticks := make(chan string, 1)
	ticks <- "data: tick\n\n"
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m := shutdown.FromContext(r.Context())
		w.Header().Set("Content-Type", "text/event-stream")
		for {
			select {
			case tick := <-ticks:
				_, _ = io.WriteString(w, tick)
				_ = http.NewResponseController(w).Flush()
				m.Stop(nil) // as if a signal had come right now
			case <-m.Draining():
				_, _ = io.WriteString(w, "retry: 100\n\n") // come back, to another replica
				return
			case <-r.Context().Done(): // the client has gone, or time is up
				return
			}
		}
	})}
	m.Go("api", actors.HTTP(srv, ln))

	streams := make(chan string, 1)
	go func() {
		a, _ := get(http.DefaultClient, "http://"+ln.Addr().String())
		streams <- a.body
	}()
	fmt.Println("stopped:", m.Run(context.Background()))
	fmt.Printf("%q\n", <-streams)
	// Output:
	// stopped: <nil>
	// "data: tick\n\nretry: 100\n\n"
}

// An rpcServer stands for a *grpc.Server, which this module does not know.
type rpcServer struct{ stopped chan struct{} }

func (s *rpcServer) Serve(net.Listener) error { <-s.stopped; return nil }
func (s *rpcServer) GracefulStop()            { fmt.Println("the calls have finished"); close(s.stopped) }
func (s *rpcServer) Stop()                    { fmt.Println("the calls were cut off") }

func ExampleGRPC() {
	m := newManager(0, 0)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = ln.Close() }()      // a real server closes it itself
	srv := &rpcServer{make(chan struct{})} // srv := grpc.NewServer()
	m.Go("rpc", actors.GRPC(srv, ln))
	m.Go("other", func(context.Context) error { return nil }) // the first actor to return begins the stop
	fmt.Println("stopped:", m.Run(context.Background()))
	// Output:
	// the calls have finished
	// stopped: <nil>
}

// The child's exit is the actor's: it begins the stop.
func ExampleCommand() {
	m := newManager(0, 0)
	cmd := exec.Command("go", "version") // not CommandContext
	m.Go("worker", actors.Command(cmd))
	fmt.Println("stopped:", m.Run(context.Background()))
	fmt.Println(cmd.ProcessState)
	// Output:
	// stopped: <nil>
	// exit status 0
}
