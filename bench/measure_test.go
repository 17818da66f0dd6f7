package bench_test

import (
	"context"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/seed7e043c35/lastcall/bench/clock"
	"github.com/seed7e043c35/lastcall/shutdown"
)

// A cost is what something took: until it was over, and on the processors.
type cost struct{ time, cpu time.Duration }

// measure calls once again and again and makes the median of what it returns
// the benchmark's time, for what is a small part of what must be done to
// measure it. The least is reported as well: others who use the machine cannot
// make that shorter.
func measure(b *testing.B, once func() cost) {
	var took, cpu []float64
	for b.Loop() {
		c := once()
		took, cpu = append(took, float64(c.time)), append(cpu, float64(c.cpu))
	}
	b.ReportMetric(median(took), "ns/op")
	b.ReportMetric(slices.Min(took), "min-ns/op")
	reportCPU(b, median(cpu))
}

// measureEach is measure for what costs so little that it is done many times,
// without a pause.
func measureEach(b *testing.B, once func()) {
	b.ReportAllocs()
	before := clock.CPU()
	for b.Loop() {
		once()
	}
	reportCPU(b, float64(clock.CPU()-before)/float64(b.N))
}

func reportCPU(b *testing.B, ns float64) {
	if ns > 0 { // otherwise this system has no clock for it
		b.ReportMetric(ns, "cpu-ns/op")
	}
}

func timed(fn func()) cost {
	cpu, began := clock.CPU(), time.Now()
	fn()
	took := time.Since(began)
	return cost{took, clock.CPU() - cpu}
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

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
