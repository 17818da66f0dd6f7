//go:build unix

package shutdown_test

import (
	"fmt"
	"os/exec"
	"testing"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// A child that died by a signal has no status of its own: shells say 128 plus the
// signal's number, and so do we.
func TestExitCode_ofAChild(t *testing.T) {
	for script, want := range map[string]int{
		"exit 7":        7,
		"kill -KILL $$": 137,
		"kill -TERM $$": 143,
	} {
		err := exec.Command("sh", "-c", script).Run()
		for _, err := range []error{err, fmt.Errorf("job: %w", err)} {
			if got := shutdown.ExitCode(err); got != want {
				t.Errorf("ExitCode(%v) = %d, want %d", err, got, want)
			}
		}
	}
}
