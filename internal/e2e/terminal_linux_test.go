package e2e_test

import (
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/seed7e043c35/lastcall/shutdown/shutdowntest"
)

func TestClosedTerminalStopsTheProgramInOrder(t *testing.T) {
	t.Parallel()
	p := start(t, "chatty", onTerminal)
	p.await("ready")
	p.request()
	p.HangUp() // SIGHUP for the program, and EIO whenever it writes
	p.ends(exit(0), grace)
	p.said("newest", "input/output error", "oldest")
}

func TestCtrlCOnATerminalSaysHowToInsist(t *testing.T) {
	t.Parallel()
	p := start(t, "cut short with three finalizers", onTerminal)
	p.await("ready")
	p.ctrlC()
	p.ends(diesBy(syscall.SIGINT), grace)
	p.said("newest", "slow", "oldest")
	if text := p.Wait().Output; !strings.Contains(text, "press Ctrl-C again to exit now") {
		t.Errorf("nothing on the terminal says how to insist: %q", text)
	}
}

// onTerminal gives the program a terminal, which is its standard input, output and
// error too.
func onTerminal(_ *testing.T, cmd *exec.Cmd) []shutdowntest.Option {
	cmd.Stdout, cmd.Stderr = nil, nil
	return []shutdowntest.Option{shutdowntest.Terminal()}
}
