//go:build unix

package signals_test

import (
	"os"
	"os/signal"
	"syscall"
	"testing"

	"github.com/seed7e043c35/lastcall/signals"
)

// syscallKill sends the process a signal that nobody minds, and returns when
// os/signal has delivered it to everybody who asked for it before.
func syscallKill(t *testing.T) {
	t.Helper()
	delivered := make(chan os.Signal, 1)
	signal.Notify(delivered, syscall.SIGWINCH)
	defer signal.Stop(delivered)
	if err := syscall.Kill(os.Getpid(), syscall.SIGWINCH); err != nil {
		t.Fatal(err)
	}
	<-delivered
}

func TestGuardPipe_turnsABrokenPipeIntoAnError(t *testing.T) {
	defer signals.GuardPipe()()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	reader.Close()
	defer writer.Close()
	if _, err := writer.Write([]byte("x")); err == nil {
		t.Error("a write to a broken pipe succeeded")
	}
}
