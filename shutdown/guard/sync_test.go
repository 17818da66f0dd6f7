//go:build linux || darwin || freebsd

package guard_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/seed7e043c35/lastcall/shutdown/guard"
)

func TestSync_changesNothingButTheTime(t *testing.T) {
	t.Parallel()
	g := openGuard(t, guard.Sync())
	work := filepath.Join(t.TempDir(), "work")
	e, err := g.RemoveAll(work)
	check(t, err)
	check(t, os.Mkdir(work, 0o700))
	check(t, e.Settle())
	if exists(work) {
		t.Error("it is there")
	}
}
