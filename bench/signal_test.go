package bench_test

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"testing"
)

// BenchmarkSignal is the time from SIGTERM, sent by the process to itself, until
// a context has been cancelled by it.
func BenchmarkSignal(b *testing.B) {
	self, err := os.FindProcess(os.Getpid())
	check(b, err)
	untilDone := func(ctx context.Context) cost {
		return timed(func() {
			check(b, self.Signal(syscall.SIGTERM))
			<-ctx.Done()
		})
	}
	b.Run("impl=lastcall", func(b *testing.B) {
		measure(b, func() cost {
			m := newManager()
			m.Signals = nil // those of termination
			wait := running(m)
			took := untilDone(m.Context())
			check(b, wait())
			return took
		})
	})
	b.Run("impl=signal.NotifyContext", func(b *testing.B) {
		measure(b, func() cost {
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			return untilDone(ctx)
		})
	})
}
