package bench_test

import (
	"context"
	"errors"
	"io"
	"math"
	"runtime/metrics"
	"runtime/pprof"
	"testing"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// BenchmarkHang is for how long the world is stopped, at most at a time, while
// a program with 100,000 goroutines says on which stack one of them hangs, up
// to a quarter too much. The peers are what a program does with
// http.DefaultServeMux, or on SIGQUIT.
func BenchmarkHang(b *testing.B) {
	release := park(100_000)
	defer release()
	for _, s := range []struct {
		impl    string
		explain func(b *testing.B) (explained bool)
	}{
		{"lastcall", hang},
		{"goroutine-dump", dump},
	} {
		b.Run("impl="+s.impl, func(b *testing.B) {
			stacks := 0
			measure(b, func() cost {
				before := readPauses()
				if s.explain(b) {
					stacks++
				}
				return cost{time: longestPause(before, readPauses())}
			})
			b.ReportMetric(float64(stacks)/float64(b.N), "stacks/op")
		})
	}
}

// park starts goroutines that do nothing until they are released.
func park(n int) (release func()) {
	up, parked := make(chan struct{}), make(chan struct{})
	for range n {
		go func() { // ends when parked is closed
			up <- struct{}{}
			<-parked
		}()
		<-up
	}
	return func() { close(parked) }
}

func dump(b *testing.B) bool {
	check(b, pprof.Lookup("goroutine").WriteTo(io.Discard, 2))
	return true
}

// hang stops a program that does not obey, and reports whether the stop found
// out on which stack.
func hang(b *testing.B) bool {
	m := newManager()
	m.Grace = 2 * time.Second
	over := make(chan struct{})
	defer close(over)
	m.Register("stuck", func(context.Context) error { <-over; return nil })
	wait := running(m)
	m.Stop(nil)
	stuck := (*shutdown.StuckError)(nil)
	if err := wait(); !errors.As(err, &stuck) {
		b.Fatalf("Run() = %v, want it to name what is stuck", err)
	}
	return stuck.Stack != ""
}

// pauses counts the times that the world was stopped, but for garbage
// collections, by how long that took.
const pauses = "/sched/pauses/total/other:seconds"

func readPauses() *metrics.Float64Histogram {
	sample := []metrics.Sample{{Name: pauses}}
	metrics.Read(sample)
	return sample[0].Value.Float64Histogram()
}

// longestPause returns the longest pause between two readings: the upper end of
// its bucket.
func longestPause(before, after *metrics.Float64Histogram) time.Duration {
	for i := len(after.Counts) - 1; i >= 0; i-- {
		if after.Counts[i] > before.Counts[i] {
			return time.Duration(min(after.Buckets[i+1], math.MaxInt32) * float64(time.Second))
		}
	}
	return 0
}
