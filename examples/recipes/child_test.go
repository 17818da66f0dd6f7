//go:build unix

package recipes

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/seed7e043c35/lastcall/shutdown"
)

func TestJob_isFinishedAndNoneBeginsDuringTheStop(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	check(t, syscall.Mkfifo(fifo, 0o600))
	var first, second error
	m, stop := start(t, func(ctx context.Context) error {
		first = job(ctx, "sh", "-c", `read line <"$0" && test "$line" = done`, fifo)
		second = job(ctx, "true")
		return nil
	})
	to, err := os.OpenFile(fifo, os.O_WRONLY, 0) // returns when the child has opened it
	check(t, err)
	defer to.Close()
	context.AfterFunc(m.Context(), func() { to.WriteString("done\n") })
	check(t, stop())
	if first != nil {
		t.Errorf("the job that was running: %v", first)
	}
	if !errors.Is(second, shutdown.ErrStopping) {
		t.Errorf("the job after it: %v, want ErrStopping", second)
	}
}
