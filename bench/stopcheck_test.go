package bench_test

import (
	"errors"
	"os/exec"
	"testing"
	"time"
)

// BenchmarkStopcheck is how long stopcheck takes for all that it tries with a
// quick server. It starts that some fifty times.
func BenchmarkStopcheck(b *testing.B) {
	server := built(b, "handling", "lastcall")
	stopcheck := builtFrom(b, "github.com/seed7e043c35/lastcall/cmd/stopcheck", "stopcheck")
	b.Run("impl=lastcall", func(b *testing.B) {
		measure(b, func() cost {
			began := time.Now()
			cmd := exec.Command(stopcheck, server)
			out, err := cmd.CombinedOutput()
			if ended := (*exec.ExitError)(nil); err != nil && (!errors.As(err, &ended) || ended.ExitCode() > 1) {
				b.Fatalf("%s: %v\n%s", cmd, err, out)
			}
			return cost{time.Since(began), cpuOf(cmd.ProcessState)}
		})
	})
}
