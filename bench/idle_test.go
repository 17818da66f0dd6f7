package bench_test

import (
	"os"
	"os/exec"
	"testing"
)

var idlePrograms = []string{"lastcall", "recipe-logging", "recipe", "fx", "suture", "nothing"}

// BenchmarkIdleStop is the time from SIGTERM until an idle program is gone.
func BenchmarkIdleStop(b *testing.B) {
	for _, impl := range idlePrograms {
		b.Run("impl="+impl, func(b *testing.B) {
			path := built(b, "idle", impl)
			measure(b, func() cost {
				p := start(b, exec.Command(path))
				p.idleCost(b)
				return p.terminate()
			})
		})
	}
}

// BenchmarkIdleCost is the time from the start of a program until it is ready,
// and what it takes while it is idle: goroutines, memory, and the size of its
// binary.
func BenchmarkIdleCost(b *testing.B) {
	for _, impl := range idlePrograms {
		b.Run("impl="+impl, func(b *testing.B) {
			path := built(b, "idle", impl)
			var goroutines, bytes float64
			measure(b, func() cost {
				p := start(b, exec.Command(path))
				goroutines, bytes = p.idleCost(b)
				p.terminate()
				return cost{time: p.took}
			})
			binary, err := os.Stat(path)
			check(b, err)
			b.ReportMetric(goroutines, "goroutines")
			b.ReportMetric(bytes, "live-B")
			b.ReportMetric(float64(binary.Size()), "binary-B")
		})
	}
}
