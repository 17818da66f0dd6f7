package bench_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/seed7e043c35/lastcall/shutdown/guard"
)

// BenchmarkGuard is a clean-up that is noted, in case the program is killed, and
// that was done. The peer makes a file that says the same, and removes it.
func BenchmarkGuard(b *testing.B) {
	dir := filepath.Join(b.TempDir(), "work")
	for _, p := range []pair{
		{"lastcall", func(b *testing.B) func() {
			g, err := guard.Open(filepath.Join(b.TempDir(), "guard"))
			if errors.Is(err, errors.ErrUnsupported) {
				b.Skip(err)
			}
			check(b, err)
			b.Cleanup(func() { check(b, g.Close()) })
			return func() {
				e, err := g.RemoveAll(dir)
				check(b, err)
				check(b, e.Release())
			}
		}},
		{"file", func(b *testing.B) func() {
			path, text := filepath.Join(b.TempDir(), "list"), []byte("remove-all "+dir+"\n")
			return func() {
				check(b, os.WriteFile(path, text, 0o600))
				check(b, os.Remove(path))
			}
		}},
	} {
		p.run(b)
	}
}
