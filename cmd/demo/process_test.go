//go:build unix

package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed7e043c35/lastcall/internal/parallel"
	"github.com/seed7e043c35/lastcall/shutdown/shutdowntest"
)

// The test binary is its own child: with this variable set, it is the demo.
const childVariable = "DEMO_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		main()
		return
	}
	parallel.AtLeast(6)
	status := m.Run()
	cluster.stop()
	os.Exit(status)
}

// A process is the demo, or a program to compare it with.
type process struct {
	*shutdowntest.Process
	t         *testing.T
	url       string // where it listens
	temporary string // where it is to put temporary files
}

// start starts the demo and waits until it listens.
func start(t *testing.T, args ...string) *process {
	t.Helper()
	return launch(t, args...).listening()
}

// launch starts the demo on a free port, in a directory of the test's own.
func launch(t *testing.T, args ...string) *process {
	t.Helper()
	temporary := t.TempDir()
	p := program(t, os.Args[0], args, shutdowntest.Env(childVariable+"=1", "TMPDIR="+temporary))
	p.temporary = temporary
	return p
}

// program starts a program that takes an address, on a free port.
func program(t *testing.T, path string, args []string, opts ...shutdowntest.Option) *process {
	t.Helper()
	cmd := exec.Command(path, append([]string{"-addr", anyPort}, args...)...)
	cmd.Dir = t.TempDir()
	return &process{Process: attend(t, cmd, opts...), t: t}
}

// attend starts a program whose end is that of the test's, or sooner. Where
// coverage is measured a signal would become a status.
func attend(t *testing.T, cmd *exec.Cmd, opts ...shutdowntest.Option) *shutdowntest.Process {
	t.Helper()
	return shutdowntest.Exec(t, cmd, append(opts, shutdowntest.Env("GOCOVERDIR="))...)
}

// listening waits until p says where it listens.
func (p *process) listening() *process {
	p.t.Helper()
	_, rest, _ := strings.Cut(p.Line("listening on "), "listening on ")
	p.url, _, _ = strings.Cut(rest, ",")
	return p
}

// lines waits for n lines with text in them.
func (p *process) lines(n int, text string) {
	p.t.Helper()
	for range n {
		p.Line(text)
	}
}

// ends waits for the end of the process, and asserts how that is: with a
// status, or by a signal.
func (p *process) ends(want string) *shutdowntest.Exit {
	p.t.Helper()
	end := p.Wait()
	if got := end.Status.String(); got != want {
		p.t.Errorf("the process %v, want it to end with %s", end, want)
	}
	return end
}

// wantSaid checks what a process has printed by its end.
func wantSaid(t *testing.T, got, want string) {
	t.Helper()
	if !strings.Contains(got, want) {
		t.Errorf("got output\n%s\nwant in it %q", got, want)
	}
}

// untilDeadline returns a context that ends before the test would time out.
func untilDeadline(t *testing.T) context.Context {
	deadline, ok := t.Deadline()
	if !ok {
		return t.Context()
	}
	ctx, cancel := context.WithDeadline(context.Background(), deadline.Add(-5*time.Second))
	t.Cleanup(cancel)
	return ctx
}

func sqliteFile(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "jobs.db")
}
