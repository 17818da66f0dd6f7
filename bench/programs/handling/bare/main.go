// Bare answers requests with nothing, by an http.Server alone.
package main

import (
	"log"
	"net"
	"net/http"

	"github.com/seed7e043c35/lastcall/bench/programs/parent"
)

func main() {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	parent.Ready(ln.Addr().String())
	log.Fatal(http.Serve(ln, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))
}
