package actors_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown/actors"
)

// inFlight is how long a request goes on once the stop has begun: long enough
// for Shutdown's polling to have become slow.
const inFlight = 300 * time.Millisecond

// A stopwatch is a handler that notes when its last request was answered.
type stopwatch struct {
	*gate
	answered time.Time
}

func (s *stopwatch) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.gate.ServeHTTP(w, r)
	s.answered = time.Now()
}

// BenchmarkLastAnswerToReturn reports how long after the last handler has
// returned the server is known to be finished: what everything behind it in a
// stop has to wait for.
func BenchmarkLastAnswerToReturn(b *testing.B) {
	b.Run("actors.HTTP", func(b *testing.B) {
		lastAnswer(b, func(srv *http.Server, listening func(url string)) (stop func()) {
			ln := loopback(b)
			m := newManager(time.Minute, 0)
			returned := actor(m, actors.HTTP(srv, ln))
			result := start(m)
			listening("http://" + ln.Addr().String())
			return func() {
				m.Stop(nil)
				<-returned
				b.Cleanup(func() { <-result })
			}
		})
	})
	b.Run("Server.Shutdown", func(b *testing.B) {
		lastAnswer(b, func(srv *http.Server, listening func(url string)) (stop func()) {
			ln := loopback(b)
			go func() { _ = srv.Serve(ln) }() // ends with Shutdown
			listening("http://" + ln.Addr().String())
			return func() { _ = srv.Shutdown(context.Background()) }
		})
	})
}

func lastAnswer(b *testing.B, serve func(srv *http.Server, listening func(url string)) (stop func())) {
	var total, worst time.Duration
	n := 0
	for b.Loop() {
		watch := &stopwatch{gate: newGate()}
		client := &http.Client{Transport: new(http.Transport)}
		var request <-chan error
		stop := serve(&http.Server{Handler: watch}, func(url string) { request = getLater(client, url) })
		<-watch.begun
		time.AfterFunc(inFlight, func() { close(watch.open) })
		stop()
		took := time.Since(watch.answered)
		if err := <-request; err != nil {
			b.Fatal(err)
		}
		client.CloseIdleConnections()
		total, worst = total+took, max(worst, took)
		n++
	}
	b.ReportMetric(0, "ns/op") // it is mostly inFlight
	b.ReportMetric(float64(total.Microseconds())/1000/float64(n), "ms/stop")
	b.ReportMetric(float64(worst.Microseconds())/1000, "ms-worst")
}

// BenchmarkRequest reports what it costs to know what is in flight.
func BenchmarkRequest(b *testing.B) {
	handler := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	b.Run("actors.HTTP", func(b *testing.B) {
		ln := loopback(b)
		m := newManager(time.Minute, 0)
		actor(m, actors.HTTP(&http.Server{Handler: handler}, ln))
		result := start(m)
		requests(b, "http://"+ln.Addr().String())
		m.Stop(nil)
		<-result
	})
	b.Run("Server.Serve", func(b *testing.B) {
		ln := loopback(b)
		srv := &http.Server{Handler: handler}
		go func() { _ = srv.Serve(ln) }() // ends with Close
		requests(b, "http://"+ln.Addr().String())
		_ = srv.Close()
	})
}

func requests(b *testing.B, url string) {
	client := &http.Client{Transport: new(http.Transport)}
	defer client.CloseIdleConnections()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := get(client, url); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkStopAmongGoroutines reports how long the stop of an idle server takes
// in a program with many goroutines that have nothing to do with it.
func BenchmarkStopAmongGoroutines(b *testing.B) {
	over := make(chan struct{})
	defer close(over)
	for range 100_000 {
		go func() { <-over }()
	}
	for b.Loop() {
		m := newManager(time.Minute, 0)
		returned := actor(m, actors.HTTP(&http.Server{}, loopback(b)))
		result := start(m)
		m.Stop(nil)
		<-returned
		<-result
	}
}
