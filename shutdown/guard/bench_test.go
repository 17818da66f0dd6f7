//go:build linux || darwin || freebsd

package guard_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/seed7e043c35/lastcall/shutdown/guard"
)

// The two together may take 4 µs.
func BenchmarkRegisterAndRelease(b *testing.B) {
	g := openGuard(b)
	dir := filepath.Join(b.TempDir(), "work")
	b.ReportAllocs()
	for b.Loop() {
		e, err := g.RemoveAll(dir)
		if err == nil {
			err = e.Release()
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

// What one would do without: make the file with the list, and remove it.
func BenchmarkAFileForEachCleanup(b *testing.B) {
	path := filepath.Join(b.TempDir(), "list")
	b.ReportAllocs()
	for b.Loop() {
		if err := os.WriteFile(path, []byte("remove-all /var/lib/shop/work\n"), 0o600); err != nil {
			b.Fatal(err)
		}
		if err := os.Remove(path); err != nil {
			b.Fatal(err)
		}
	}
}

// As the caller sees it, the helper may take 1 ms to start: the difference
// between these two.
func BenchmarkOpenAndClose(b *testing.B)           { benchmarkOpen(b) }
func BenchmarkOpenAndCloseWithHelper(b *testing.B) { benchmarkOpen(b, guard.Helper()) }

func benchmarkOpen(b *testing.B, opts ...guard.Option) {
	dir := filepath.Join(b.TempDir(), "guard")
	for b.Loop() {
		g, err := guard.Open(dir, opts...)
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer() // the end of the helper is not its start
		if err := g.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

func TestAllocations_ofRegisterAndRelease(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector allocates for itself")
	}
	g := openGuard(t)
	dir := filepath.Join(t.TempDir(), "work")
	once := func() {
		e, err := g.RemoveAll(dir)
		check(t, err)
		check(t, e.Release())
	}
	if got, most := testing.AllocsPerRun(100, once), 10.0; got > most {
		t.Errorf("RemoveAll and Release: %v allocations, want at most %v", got, most)
	}
}
