package bench_test

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/seed7e043c35/lastcall/signals"
)

// What was tried and left alone: see README.md.

// BenchmarkSharded is a registration, its call site noted, and its end, from all
// cores at once: on one list, and on one of many that is chosen by chance. Who
// has many must look through all of them to know what is newest.
func BenchmarkSharded(b *testing.B) {
	for _, p := range []pair{
		{"one-list", func(*testing.B) func() {
			l := new(sitedList)
			return func() { l.remove(l.push(sited{nop, site()})) }
		}},
		{"16-lists", func(*testing.B) func() {
			shards := new([16]struct {
				sitedList
				_ [64]byte // each on cache lines of its own
			})
			return func() {
				l := &shards[rand.N(len(shards))]
				l.remove(l.push(sited{nop, site()}))
			}
		}},
	} {
		p.runParallel(b)
	}
}

// A sited is a hook and where it was registered.
type sited struct {
	fn   func(context.Context) error
	site uintptr
}

// A sitedList is a mutex and a list.
type sitedList = lockedListOf[sited]

// BenchmarkGuardPipe is what it takes to have SIGPIPE caught, and to give it
// back: the one comes before the first word of a stop.
func BenchmarkGuardPipe(b *testing.B) {
	b.Run("impl=lastcall", func(b *testing.B) {
		measure(b, func() cost {
			var unguard func()
			took := timed(func() { unguard = signals.GuardPipe() })
			unguard()
			return took
		})
	})
}
