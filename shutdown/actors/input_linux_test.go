package actors_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/seed7e043c35/lastcall/internal/pty"
	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/actors"
)

func init() {
	children["echoes"] = func() {
		shutdown.Main(func(ctx context.Context) error {
			shutdown.Finally(ctx, "store", func() { fmt.Println("store closed") })
			in := bufio.NewScanner(actors.Input(ctx, os.Stdin))
			fmt.Println("ready")
			for in.Scan() {
				fmt.Printf("echo %q\n", in.Text())
			}
			return in.Err()
		})
	}
}

func TestInput_oneCtrlCEndsAProgramThatReads(t *testing.T) {
	cmd := childOf("echoes")
	terminal := pty.Open(t)
	terminal.Start(t, cmd)
	terminal.Await(t, "ready")
	terminal.Type(t, "hello\n")
	terminal.Await(t, `echo "hello"`)
	terminal.Type(t, "half a li\x03")
	asked := time.Now()
	shown := terminal.Rest()
	t.Logf("gone after %v", time.Since(asked))
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.String() != "signal: interrupt" {
		t.Errorf("the program ended with %v, want death by SIGINT, and that nothing was stuck", err)
	}
	if !strings.Contains(shown, "store closed") {
		t.Errorf("shown: %q, want that the finalizer has run", shown)
	}
}
