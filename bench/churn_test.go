package bench_test

import (
	"fmt"
	"sync"
	"testing"
)

// BenchmarkStopWhileRegistering is the stop of a program with finalizers,
// while others go on registering and unregistering.
func BenchmarkStopWhileRegistering(b *testing.B) {
	const n = some
	for _, others := range []int{0, 1, 4} {
		for _, s := range []subject{
			{"lastcall", n, func(b *testing.B, n int) func() {
				m := newManager()
				for range n {
					m.Register("name", nop)
				}
				return amid(others, func() { m.Register("name", nop).Unregister() }, stopping(b, m))
			}},
			{"container-list", n, func(_ *testing.B, n int) func() {
				var l lockedList
				for range n {
					l.push(nop)
				}
				return amid(others, func() { l.remove(l.push(nop)) }, l.stop)
			}},
		} {
			b.Run(fmt.Sprintf("others=%d/impl=%s", others, s.impl), func(b *testing.B) {
				measure(b, func() cost { return timed(s.begin(b, n)) })
			})
		}
	}
}

// amid starts goroutines that do something over and over, and returns a stop
// that is followed by theirs.
func amid(goroutines int, something, stop func()) func() {
	var all, up sync.WaitGroup
	enough := make(chan struct{})
	up.Add(goroutines)
	for range goroutines {
		all.Go(func() { // ends when there is enough
			something()
			for up.Done(); !isClosed(enough); {
				something()
			}
		})
	}
	up.Wait()
	return func() {
		stop()
		close(enough)
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
