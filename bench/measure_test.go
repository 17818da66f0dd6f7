package bench_test

import (
	"context"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// medianTime calls once again and again and makes the median of what it
// returns the benchmark's time, for what is a small part of what must be done
// to measure it.
func medianTime(b *testing.B, once func() time.Duration) {
	var took []float64
	for b.Loop() {
		took = append(took, float64(once()))
	}
	b.ReportMetric(median(took), "ns/op")
}

func timed(fn func()) time.Duration {
	began := time.Now()
	fn()
	return time.Since(began)
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// inUse returns how many bytes living objects and stacks take.
func inUse() float64 {
	runtime.GC()
	runtime.GC() // the second frees what the cleanups of the first let go
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return float64(stats.HeapAlloc + stats.StackInuse)
}

// newManager returns a manager without signals whose log goes nowhere.
func newManager() *shutdown.Manager {
	silent := zerolog.Nop()
	return &shutdown.Manager{Signals: []os.Signal{}, Logger: &silent}
}

// running starts m and returns when it runs. The function that it returns waits for
// the end of a stop that somebody has asked for.
func running(m *shutdown.Manager) (wait func() error) {
	up, result := make(chan struct{}), make(chan error, 1)
	m.Go("up", func(ctx context.Context) error {
		close(up)
		<-ctx.Done()
		return nil
	})
	go func() { result <- m.Run(context.Background()) }() // ends with the stop
	<-up
	return func() error { return <-result }
}

func nop(context.Context) error { return nil }

func check(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}
