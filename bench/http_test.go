package bench_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown/actors"
)

// BenchmarkLastResponse is the time from the end of the last request to the
// first finalizer, which may close what the requests stood on. The request ends
// 200 to 1,000 ms after the stop has begun: Shutdown of http.Server looks ever
// more seldom whether all have. With 100,000 goroutines alive nothing should take
// longer. Worst-ns/op is the longest time that was seen.
func BenchmarkLastResponse(b *testing.B) {
	for _, goroutines := range []int{0, 100_000} {
		lastResponseBeside(b, goroutines)
	}
}

func lastResponseBeside(b *testing.B, goroutines int) {
	release := park(goroutines)
	defer release()
	for _, s := range []struct {
		impl  string
		serve func(b *testing.B, srv *http.Server, ln net.Listener) (stop func() (finalizing time.Time))
	}{
		{"lastcall", serveWithActor},
		{"http.Server.Shutdown", serveWithShutdown},
	} {
		b.Run(fmt.Sprintf("goroutines=%d/impl=%s", goroutines, s.impl), func(b *testing.B) {
			var n int
			var worst time.Duration
			measure(b, func() cost {
				took := lastResponse(b, time.Duration(200+200*(n%5))*time.Millisecond, s.serve)
				n, worst = n+1, max(worst, took)
				return cost{time: took}
			})
			b.ReportMetric(float64(worst), "worst-ns/op")
		})
	}
}

// lastResponse serves one request, which ends some time after the stop.
func lastResponse(b *testing.B, end time.Duration, serve func(*testing.B, *http.Server, net.Listener) func() time.Time) time.Duration {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	check(b, err)
	inFlight, mayEnd, answered := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	stop := serve(b, &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(inFlight)
		<-mayEnd
	})}, ln)
	go func() { // ends with the response
		_, err := new(http.Transport).RoundTrip(newRequest(ln)) // its body is empty
		answered <- err
	}()
	<-inFlight
	ended := make(chan time.Time, 1)
	time.AfterFunc(end, func() {
		ended <- time.Now()
		close(mayEnd)
	})
	finalizing := stop()
	check(b, <-answered)
	return finalizing.Sub(<-ended)
}

func newRequest(ln net.Listener) *http.Request {
	r, _ := http.NewRequest(http.MethodGet, "http://"+ln.Addr().String(), nil) // an address is a URL
	return r
}

func serveWithActor(b *testing.B, srv *http.Server, ln net.Listener) (stop func() time.Time) {
	m := newManager()
	finalizing := make(chan time.Time, 1)
	m.Register("first", func(context.Context) error {
		finalizing <- time.Now()
		return nil
	})
	m.Go("http", actors.HTTP(srv, ln))
	end := stopping(b, m)
	return func() time.Time {
		end()
		return <-finalizing
	}
}

func serveWithShutdown(b *testing.B, srv *http.Server, ln net.Listener) (stop func() time.Time) {
	go func() { _ = srv.Serve(ln) }() // ends with Shutdown
	return func() time.Time {
		check(b, srv.Shutdown(context.Background()))
		return time.Now()
	}
}
