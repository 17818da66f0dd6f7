package progress

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/seed7e043c35/lastcall/internal/pty"
	"github.com/seed7e043c35/lastcall/shutdown"
)

// TestMain is the program on the terminal, where a test has started it as one.
func TestMain(m *testing.M) {
	if os.Getenv("PROGRESS_TEST_PROGRAM") != "" {
		Terminal(os.Stderr).Watch(shutdown.Default())
		shutdown.Main(chatters)
	}
	os.Exit(m.Run())
}

// chatters is a run that needs a second and a half to stop and writes to
// standard error meanwhile, as if nothing were drawn there.
func chatters(ctx context.Context) error {
	fmt.Fprintln(os.Stderr, "ready")
	<-ctx.Done()
	tick := time.NewTicker(150 * time.Millisecond)
	defer tick.Stop()
	for i := range 10 {
		<-tick.C
		fmt.Fprintln(os.Stderr, "directly to standard error", i)
	}
	return nil
}

func TestOnARealTerminalNoLineIsLost(t *testing.T) {
	t.Parallel()
	terminal := pty.Open(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "PROGRESS_TEST_PROGRAM=chatters", "TERM=xterm", "GOCOVERDIR=", "NO_COLOR=1")
	terminal.Start(t, cmd)
	terminal.Await(t, "ready\r\n")
	terminal.Type(t, "\x03")
	shown := terminal.Rest()
	if err := cmd.Wait(); err != nil {
		t.Errorf("the program ended with %v", err)
	}
	if !strings.Contains(shown, "press Ctrl-C again to exit now") {
		t.Errorf("nothing was drawn: %q", shown)
	}
	s := newScreen(2*usualWidth, usualHeight) // no line is broken
	fmt.Fprint(s, shown)
	rows := strings.Split(s.String(), "\n")
	if len(rows) != 12+1 { // ^C and "stopping", ten lines, "slow", "stopped"
		t.Fatalf("the screen shows\n%s", s)
	}
	for i, row := range rows[1:11] {
		if want := fmt.Sprint("directly to standard error ", i); !strings.HasPrefix(row, want) { // a frame may come late
			t.Errorf("row %d is %q, want %q", i+1, row, want)
		}
	}
	s.atPrompt(t)
}
