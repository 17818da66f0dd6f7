package bench_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed7e043c35/lastcall/bench/programs/serving/inflight"
)

// BenchmarkInFlightStop is the time from SIGTERM until a program is gone that
// has 1,000 requests in flight. They end all at once, between 0.1 and 0.68 s
// after the signal, depending on the round; after-ns/op is the time from then.
func BenchmarkInFlightStop(b *testing.B) {
	endAfter := 100*time.Millisecond + time.Duration(*round%30)*20*time.Millisecond
	for _, impl := range []string{"lastcall", "recipe", "fx", "suture"} {
		b.Run("impl="+impl, func(b *testing.B) {
			path := built(b, "serving", impl)
			var after []float64
			var lost int64
			measure(b, func() cost {
				p := start(b, exec.Command(path))
				p.idleCost(b)
				answered := requests(b, p.word, inflight.Requests)
				p.Line("in flight")
				time.AfterFunc(endAfter, func() { _ = p.in.Close() })
				took := p.terminate()
				lost += inflight.Requests - answered()
				after = append(after, float64(took.time-endAfter))
				return took
			})
			b.ReportMetric(median(after), "after-ns/op")
			b.ReportMetric(float64(lost)/float64(b.N), "lost/op")
		})
	}
}

// requests begins n requests, on a connection each. The function that it returns
// waits for their ends and says how many were answered.
func requests(b *testing.B, addr string, n int) (wait func() (answered int64)) {
	var ended sync.WaitGroup
	var answered atomic.Int64
	for range n {
		conn, err := net.Dial("tcp", addr)
		check(b, err)
		_, err = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
		check(b, err)
		ended.Go(func() { // ends with the process, at the latest
			defer conn.Close()
			if answers(conn) {
				answered.Add(1)
			}
		})
	}
	return func() int64 {
		ended.Wait()
		return answered.Load()
	}
}

// answers reports whether a whole response comes from conn.
func answers(conn net.Conn) bool {
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return false
	}
	body, err := io.ReadAll(resp.Body)
	return err == nil && string(body) == "done\n"
}
