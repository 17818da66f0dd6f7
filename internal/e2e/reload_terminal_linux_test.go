package e2e_test

import (
	"syscall"
	"testing"
)

// With a terminal SIGHUP means a reload as well, as long as the terminal is
// there; when that is closed, it means a stop.
func TestReload_onATerminalUntilThatIsClosed(t *testing.T) {
	t.Parallel()
	p := start(t, "reloads", onTerminal)
	p.await("ready")
	p.Signal(syscall.SIGHUP)
	p.await("reloaded")
	p.request()
	p.HangUp()
	p.ends(exit(0), grace)
	p.said("finalizer")
}

// Without a Reload it means a stop in any case.
func TestSIGHUP_onATerminalIsAStop(t *testing.T) {
	t.Parallel()
	p := start(t, "says why", onTerminal)
	p.await("ready")
	p.signal(syscall.SIGHUP)
	p.ends(exit(0), grace)
	p.said("why: [hangup signal received]")
}
