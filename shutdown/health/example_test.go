package health_test

import (
	"fmt"
	"net/http"
	"os"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/health"
)

// For a balancer that asks the program itself.
func ExampleReady() {
	m := &shutdown.Manager{Signals: []os.Signal{}}
	mux := http.NewServeMux()
	mux.Handle("GET /ready", health.Ready(m)) // in a program: shutdown.Default()

	fmt.Println(probe(mux, "/ready"))
	// Output:
	// 503 idle
}

// For Kubernetes, as livenessProbe and as readinessProbe.
func ExampleLive() {
	m := &shutdown.Manager{Signals: []os.Signal{}}
	mux := http.NewServeMux()
	mux.Handle("GET /live", health.Live(m)) // in a program: shutdown.Default()

	fmt.Println(probe(mux, "/live"))
	// Output:
	// 200 idle
}
