//go:build linux || darwin || freebsd

package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestKill9_leavesTemporaryFilesThatTheNextStartRemoves(t *testing.T) {
	t.Parallel()
	journals, database := filepath.Join(t.TempDir(), "guard"), sqliteFile(t)
	p := start(t, "-db", database, "-guard", journals, "-v")
	p.Line("in hand")
	p.Signal(syscall.SIGKILL)
	p.ends("SIGKILL")
	left, err := filepath.Glob(filepath.Join(p.temporary, "*"))
	if err != nil || len(left) != 1 {
		t.Fatalf("kill -9 has left %q, %v; want the scratch directory", left, err)
	}

	next := start(t, "-db", database, "-guard", journals, "-traffic", "0")
	p.wantNoFiles() // by the time it listens
	next.Signal(syscall.SIGTERM)
	next.ends("0")
	next.wantNoFiles()
	if files, err := os.ReadDir(journals); err != nil || len(files) > 0 {
		t.Errorf("after a good end there are journals: %v %v", files, err)
	}
}
