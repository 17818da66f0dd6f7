package guard_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/seed7e043c35/lastcall/shutdown/guard"
)

func init() {
	programs["fills the disk"] = func(dir string) {
		g := must(guard.Open(filepath.Join(dir, "guard")))
		first := must(g.RemoveAll(filepath.Join(dir, "first")))
		must(0, os.Mkdir(filepath.Join(dir, "first"), 0o700))
		limit := uint64(1000) // bytes in a file, after which a write is cut short
		must(0, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: limit, Max: 1 << 30}))
		var err error
		for n := 0; err == nil; n++ {
			_, err = g.Remove(filepath.Join(dir, strings.Repeat("x", 37)))
		}
		if !errors.Is(err, syscall.ENOSPC) && !errors.Is(err, syscall.EFBIG) {
			say("failed: %v", err)
		}
		must(0, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 1 << 30, Max: 1 << 30}))
		must(0, first.Release()) // there is room again
		say("ready")
		forever()
	}
}

// Half a line would make a reader distrust what was registered before it.
func TestFullDisk_leavesNoHalfALine(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := start(t, "fills the disk", dir)
	p.await("ready")
	p.kill()
	settled(t, filepath.Join(dir, "guard"))
	if !exists(filepath.Join(dir, "first")) {
		t.Error("what was released when there was room again is gone")
	}
	noJournals(t, filepath.Join(dir, "guard"))
}
