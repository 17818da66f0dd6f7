package bench_test

import (
	"fmt"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown/shutdowntest"
)

// stuckGrace is what those have who do not obey.
const stuckGrace = 2 * time.Second

// BenchmarkStuckActors and BenchmarkStuckHolds are the time from SIGTERM until a program is gone that has so
// many actors or holds that never end. G/op is the same as a multiple of its
// grace. The peer has as many goroutines, or as much memory, and
// dies of the signal: what the kernel needs to free it.
func BenchmarkStuckActors(b *testing.B) { stuck(b, "actors", []int{1, 100, some, much}) }

func BenchmarkStuckHolds(b *testing.B) { stuck(b, "holds", []int{1, 100, some, many}) }

func stuck(b *testing.B, what string, numbers []int) {
	for _, n := range numbers {
		for _, impl := range []string{"lastcall", "nothing"} {
			b.Run(fmt.Sprintf("n=%d/impl=%s", n, impl), func(b *testing.B) {
				path := built(b, "stuck", impl)
				var bytes float64
				var took cost
				measure(b, func() cost {
					p := start(b, exec.Command(path, what, strconv.Itoa(n)), shutdowntest.Grace(stuckGrace))
					_, bytes = p.idleCost(b)
					took = p.terminate()
					return took
				})
				b.ReportMetric(bytes, "live-B")
				b.ReportMetric(float64(took.time)/float64(stuckGrace), "G/op")
			})
		}
	}
}
