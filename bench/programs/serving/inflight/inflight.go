// Package inflight is a server whose requests are in flight until the parent
// says that they may end.
package inflight

import (
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/seed7e043c35/lastcall/bench/programs/parent"
)

// Requests is how many there are before a line says so.
const Requests = 1000

// Patience is how long the programs wait for them: as long as lastcall does by
// default.
const Patience = 9 * time.Second

// Listen returns the server and what it is to listen on.
func Listen() (*http.Server, net.Listener, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	mayEnd := make(chan struct{})
	go func() { // ends when the parent says so
		parent.Wait()
		close(mayEnd)
	}()
	var begun atomic.Int64
	return &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if begun.Add(1) == Requests {
			fmt.Println("in flight")
		}
		<-mayEnd
		fmt.Fprintln(w, "done")
	})}, ln, nil
}

// Ready tells the parent that ln is being listened on.
func Ready(ln net.Listener) { parent.Ready(ln.Addr().String()) }
