package shutdowntest

import (
	"context"
	"math"
	"testing"
	"time"
)

// patience returns a context that ends shortly before the time for all tests
// is up.
func patience(t testing.TB) (context.Context, context.CancelFunc) {
	deadline, ok := deadlineOf(t)
	if !ok {
		return context.WithCancel(context.Background())
	}
	return context.WithDeadline(context.Background(), deadline.Add(-time.Until(deadline)/20))
}

// timeLeft returns how long a test may wait at its end.
func timeLeft(t testing.TB) time.Duration {
	deadline, ok := deadlineOf(t)
	if !ok {
		return forEver
	}
	return time.Until(deadline) * 19 / 20
}

const forEver time.Duration = math.MaxInt64

// deadlineOf returns when the time for all tests is up. A benchmark has no end,
// and in a bubble the time is another one.
func deadlineOf(t testing.TB) (time.Time, bool) {
	if bubbled() {
		return time.Time{}, false
	}
	if limited, ok := t.(interface{ Deadline() (time.Time, bool) }); ok {
		return limited.Deadline()
	}
	return time.Time{}, false
}
