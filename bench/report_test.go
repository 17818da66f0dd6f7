package bench_test

import (
	"testing"
	"time"
)

// BenchmarkReport is a report in the middle of a stop that waits for a million
// holds. While one is made, nobody else can register or release anything.
func BenchmarkReport(b *testing.B) {
	m := newManager()
	m.Grace = time.Hour
	releases := make([]func(), many)
	for i := range releases {
		releases[i], _ = m.Hold("name") // no stop has begun
	}
	wait := running(m)
	m.Stop(nil)
	<-m.Context().Done()
	b.Run("impl=lastcall", func(b *testing.B) {
		measure(b, func() cost { return timed(func() { m.Report() }) })
	})
	for _, release := range releases {
		release()
	}
	check(b, wait())
}
