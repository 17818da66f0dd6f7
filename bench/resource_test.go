package bench_test

import (
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/seed7e043c35/lastcall/resource"
)

var tracks = []pair{
	{"lastcall", func(*testing.B) func() {
		ctx := newManager().Context()
		return func() { _ = resource.Track(ctx, "value", 1, func() {}).Close() }
	}},
	afterFunc,
	{"runtime.AddCleanup", func(*testing.B) func() {
		return func() { runtime.AddCleanup(new([16]byte), func(int) {}, 1).Stop() }
	}},
	{"runtime.Callers", func(*testing.B) func() {
		var pcs [frames]uintptr
		return func() { runtime.Callers(0, pcs[:]) }
	}},
	{"16-frames-alone", func(*testing.B) func() {
		var pcs [frames / 2]uintptr
		return func() { runtime.Callers(0, pcs[:]) }
	}},
}

// BenchmarkTrack is the creation of a resource with its stack, and its closing.
// runtime.Callers is the part of it that nobody can save who wants a stack.
func BenchmarkTrack(b *testing.B) {
	for _, p := range tracks {
		p.run(b)
	}
}

// BenchmarkEnsure is the creation of a resource that can say whether it is
// closed, its closing, and its share of the sweeping.
func BenchmarkEnsure(b *testing.B) {
	ensure := pair{"lastcall", func(*testing.B) func() {
		ctx := newManager().Context()
		return func() {
			c := new(closer)
			resource.Ensure(ctx, c, c.close)
			c.close()
		}
	}}
	for _, p := range []pair{ensure, afterFunc} {
		p.run(b)
	}
}

type closer struct{ closed atomic.Bool }

func (c *closer) close()         { c.closed.Store(true) }
func (c *closer) IsClosed() bool { return c.closed.Load() }
