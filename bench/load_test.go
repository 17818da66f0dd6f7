package bench_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os/exec"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/seed7e043c35/lastcall/bench/clock"
)

// How a server is loaded: so many clients on a connection each, one request
// after the other.
const (
	clients          = 16
	requestsOfOne    = 1000
	requestsOfWarmUp = 100
)

// BenchmarkLoad is a server under load, whose handler does nothing, or opens a
// scope with one finalizer. Ns/op is the time for each request, so the inverse
// of the throughput, and cpu-ns/op the server's own CPU time for it; p99-ns/op
// is how long all but one request in a hundred took at most.
func BenchmarkLoad(b *testing.B) {
	for _, impl := range []string{"lastcall", "actors.HTTP", "bare"} {
		b.Run("impl="+impl, func(b *testing.B) {
			p := start(b, exec.Command(built(b, "handling", impl)))
			p.idleCost(b)
			load(b, p.word, requestsOfWarmUp)
			var late []float64
			measure(b, func() cost {
				before, began := clock.Of(p.Pid()), time.Now()
				latencies := load(b, p.word, requestsOfOne)
				took, cpu := time.Since(began), clock.Of(p.Pid())-before
				late = append(late, latencies[len(latencies)*99/100])
				return cost{took / time.Duration(len(latencies)), cpu / time.Duration(len(latencies))}
			})
			b.ReportMetric(median(late), "p99-ns/op")
			p.terminate()
		})
	}
}

// load lets each client make so many requests, and returns how long they took,
// sorted.
func load(b *testing.B, addr string, each int) (latencies []float64) {
	var all sync.WaitGroup
	var mu sync.Mutex
	for range clients {
		all.Go(func() { // ends with its last request, or with the server
			of, err := callOver(addr, each)
			mu.Lock()
			defer mu.Unlock()
			latencies = append(latencies, of...)
			if err != nil {
				b.Error(err)
			}
		})
	}
	all.Wait()
	slices.Sort(latencies)
	return latencies
}

// callOver makes n requests over one connection.
func callOver(addr string, n int) (latencies []float64, err error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	in := bufio.NewReader(conn)
	for range n {
		began := time.Now()
		if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
			return nil, err
		}
		resp, err := http.ReadResponse(in, nil)
		if err != nil {
			return nil, err
		}
		_ = resp.Body.Close() // it is empty
		latencies = append(latencies, float64(time.Since(began)))
	}
	return latencies, nil
}
