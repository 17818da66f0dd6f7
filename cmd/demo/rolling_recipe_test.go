//go:build unix

package main

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// buildRecipe returns the path of the program to compare with.
func buildRecipe(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "recipe")
	if said, err := exec.CommandContext(untilDeadline(t), "go", "build", "-o", path, "./internal/recipe").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, said)
	}
	return path
}
