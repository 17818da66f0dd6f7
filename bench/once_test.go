package bench_test

import (
	"fmt"
	"os/exec"
	"testing"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown/shutdowntest"
)

// BenchmarkStopOnce is the stop of a program with one finalizer: the only one in
// its life, after a rest. Faults/op is how many pages it touches for the first
// time: code that has never run, and memory for its goroutines.
func BenchmarkStopOnce(b *testing.B) {
	for _, impl := range []string{"lastcall", "fx", "samber-do"} {
		b.Run("impl="+impl, func(b *testing.B) {
			path := built(b, "once", impl)
			var faults []float64
			measure(b, func() cost {
				p := shutdowntest.Exec(b, exec.Command(path))
				var took, cpu, touched int64
				_, err := fmt.Sscanf(p.Line("stopped "), "stopped %d %d %d", &took, &cpu, &touched)
				check(b, err)
				p.Wait()
				faults = append(faults, float64(touched))
				return cost{time.Duration(took), time.Duration(cpu)}
			})
			b.ReportMetric(median(faults), "faults/op")
		})
	}
}
