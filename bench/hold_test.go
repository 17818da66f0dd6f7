package bench_test

import (
	"sync"
	"testing"
)

// BenchmarkHold is the beginning and the end of one piece of work in flight.
func BenchmarkHold(b *testing.B) {
	for _, p := range holdPairs {
		p.run(b)
	}
}

// BenchmarkHoldParallel is the same from all cores at once.
func BenchmarkHoldParallel(b *testing.B) {
	for _, p := range holdPairs {
		p.runParallel(b)
	}
}

var holdPairs = []pair{
	{"lastcall", func(*testing.B) func() {
		m := newManager()
		return func() {
			release, _ := m.Hold("job")
			release()
		}
	}},
	afterFunc,
	{"sync.WaitGroup", func(*testing.B) func() {
		var inFlight sync.WaitGroup
		return func() {
			inFlight.Add(1)
			inFlight.Done()
		}
	}},
}
