package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/guard"
)

// scratchDirectory makes a directory for the jobs' temporary files. It is gone
// when the program is: in its turn, or, after a kill -9, at the next start with
// the same journals. Without journals it is the system's own, and who kills the
// program leaves what was in use there.
func scratchDirectory(ctx context.Context, journals string) (string, error) {
	if journals == "" {
		return os.TempDir(), nil
	}
	g, err := guard.Open(journals) // first removes what was left
	if err != nil {
		return "", err
	}
	shutdown.Finally(ctx, "guard", g.Close)
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("demo-%d-%d", os.Getpid(), time.Now().UnixNano()))
	if dir, err = filepath.Abs(dir); err != nil {
		return "", err
	}
	if _, err := guard.Finally(ctx, "scratch directory", g, guard.RemoveAll(dir)); err != nil {
		return "", err
	}
	return dir, os.Mkdir(dir, 0o700) // not before it is registered
}
