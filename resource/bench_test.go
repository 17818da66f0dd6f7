package resource_test

import (
	"runtime"
	"sync"
	"testing"

	"github.com/seed7e043c35/lastcall/resource"
)

// A stackMap is what one writes oneself to find leaks: what is open, by
// number, with the stack of its creation.
type stackMap struct {
	mu   sync.Mutex
	next int
	open map[int][]uintptr
}

func (m *stackMap) track() (number int) {
	pcs := make([]uintptr, 32)
	pcs = pcs[:runtime.Callers(2, pcs)]
	m.mu.Lock()
	defer m.mu.Unlock()
	m.next++
	m.open[m.next] = pcs
	return m.next
}

func (m *stackMap) close(number int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.open, number)
}

// each calls once over and over, at the depth at which a program opens things,
// as a benchmark that counts allocations.
func each(b *testing.B, once func()) {
	b.ReportAllocs()
	atDepth(32, func() {
		for b.Loop() {
			once()
		}
	})
}

// atDepth calls fn from n frames further down.
//
//go:noinline
func atDepth(n int, fn func()) {
	if n == 0 {
		fn()
		return
	}
	atDepth(n-1, fn)
}

func BenchmarkTrack(b *testing.B) {
	m, _ := newManager()
	ctx := m.Context()
	naive := &stackMap{open: make(map[int][]uintptr)}
	b.Run("lastcall", func(b *testing.B) {
		each(b, func() { _ = resource.Track(ctx, "name", 1, func() {}).Close() })
	})
	b.Run("naive", func(b *testing.B) { each(b, func() { naive.close(naive.track()) }) })
}

func BenchmarkEnsure(b *testing.B) {
	m, _ := newManager()
	ctx := m.Context()
	naive := &stackMap{open: make(map[int][]uintptr)}
	b.Run("lastcall", func(b *testing.B) { each(b, func() { _ = newConn(ctx).Close() }) })
	b.Run("naive", func(b *testing.B) { each(b, func() { naive.close(naive.track()) }) })
}

// Sweeping allocates now and then, in goroutines of its own: Ensure has no
// exact number.
func TestAllocations_ofTrack(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates for itself")
	}
	m, _ := newManager()
	ctx := m.Context()
	once := func() { _ = resource.Track(ctx, "name", 1, func() {}).Close() }
	if got, most := testing.AllocsPerRun(1000, once), 8.0; got > most {
		t.Errorf("Track and Close: %v allocations, want at most %v", got, most)
	}
}
