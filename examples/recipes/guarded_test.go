//go:build linux || darwin

package recipes

import (
	"context"
	"os"
	"path/filepath"
	"testing"
)

func TestWorkDirectory_isGoneAfterTheProgram(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "work")
	err := runAll(t, func(ctx context.Context) error {
		if err := workDirectory(ctx, filepath.Join(t.TempDir(), "guard"), dir); err != nil {
			return err
		}
		_, err := os.Stat(dir)
		return err
	})
	check(t, err)
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the directory after the stop: %v, want that it is gone", err)
	}
}
