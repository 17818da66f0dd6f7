//go:build unix

package main

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The test binary is its own child: with this variable set, it is the demo.
const childVariable = "DEMO_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		main()
		return
	}
	status := m.Run()
	cluster.stop()
	os.Exit(status)
}

// A process is the demo, running.
type process struct {
	t   *testing.T
	cmd *exec.Cmd
	url string // if it is listening

	temporary      string // where it is to put temporary files
	stdout, stderr *output
}

// start starts the demo and waits until it listens, or has ended.
func start(t *testing.T, args ...string) *process {
	t.Helper()
	p := launch(t, args...)
	if line, ok := p.stdout.await("listening on "); ok {
		_, rest, _ := strings.Cut(line, "listening on ")
		p.url, _, _ = strings.Cut(rest, ",")
	} else {
		t.Fatalf("demo %q ended before it listened: %v", args, p.wait())
	}
	return p
}

// launch starts the demo on a free port, in a directory of the test's own.
func launch(t *testing.T, args ...string) *process {
	t.Helper()
	temporary := t.TempDir()
	cmd := exec.CommandContext(untilDeadline(t), os.Args[0], append([]string{"-addr", "127.0.0.1:0"}, args...)...)
	cmd.Env = append(os.Environ(), childVariable+"=1", "GOCOVERDIR=", "SHUTDOWN_GRACE=", "SHUTDOWN_DRAIN=", "SHUTDOWN_REPORT=", "TMPDIR="+temporary)
	cmd.Dir = t.TempDir()
	p := &process{t: t, cmd: cmd, temporary: temporary, stdout: pipe(t, cmd.StdoutPipe), stderr: pipe(t, cmd.StderrPipe)}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go p.stdout.read() // both end with the process
	go p.stderr.read()
	t.Cleanup(func() {
		if cmd.ProcessState == nil {
			_ = cmd.Process.Kill()
			p.wait()
		}
		if t.Failed() {
			t.Logf("%q\n%s%s", cmd.Args[1:], p.stdout.text.String(), p.stderr.text.String())
		}
	})
	return p
}

// untilDeadline returns a context that ends a child before the test would
// time out.
func untilDeadline(t *testing.T) context.Context {
	deadline, ok := t.Deadline()
	if !ok {
		return t.Context()
	}
	ctx, cancel := context.WithDeadline(context.Background(), deadline.Add(-5*time.Second))
	t.Cleanup(cancel)
	return ctx
}

func (p *process) signal(sig os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil {
		p.t.Fatal(err)
	}
}

// wait waits for the end of the process and returns how it ended.
func (p *process) wait() *os.ProcessState {
	for range p.stdout.lines {
	}
	for range p.stderr.lines {
	}
	_ = p.cmd.Wait()
	return p.cmd.ProcessState
}

func (p *process) wantStatus(want int) {
	p.t.Helper()
	if got := p.wait(); got.ExitCode() != want {
		p.t.Errorf("demo %q: got %v, want exit status %d", p.cmd.Args[1:], got, want)
	}
}

func (p *process) wantDeathBy(want syscall.Signal) {
	p.t.Helper()
	state := p.wait()
	if got := state.Sys().(syscall.WaitStatus); !got.Signaled() || got.Signal() != want {
		p.t.Errorf("demo %q: got %v, want death by %v", p.cmd.Args[1:], state, want)
	}
}

// wantSaid checks what the process has written to one of its outputs by its end.
func wantSaid(t *testing.T, o *output, want string) {
	t.Helper()
	if got := o.text.String(); !strings.Contains(got, want) {
		t.Errorf("got output\n%s\nwant in it %q", got, want)
	}
}

// An output is what a process writes to one of its standard streams.
type output struct {
	from  io.Reader
	lines chan string // wide enough for everything that a test makes it write
	text  strings.Builder
}

func pipe(t *testing.T, open func() (io.ReadCloser, error)) *output {
	t.Helper()
	from, err := open()
	if err != nil {
		t.Fatal(err)
	}
	return &output{from: from, lines: make(chan string, 1<<16)}
}

func (o *output) read() {
	defer close(o.lines)
	in := bufio.NewScanner(o.from)
	for in.Scan() {
		o.text.WriteString(in.Text() + "\n")
		o.lines <- in.Text()
	}
}

// await returns the next line with want in it, or false at the end of all lines.
func (o *output) await(want string) (string, bool) {
	for line := range o.lines {
		if strings.Contains(line, want) {
			return line, true
		}
	}
	return "", false
}

// wantNext waits for n lines with want in them.
func (p *process) wantNext(o *output, n int, want string) {
	p.t.Helper()
	for range n {
		if _, ok := o.await(want); !ok {
			p.t.Fatalf("demo %q: ended without %q", p.cmd.Args[1:], want)
		}
	}
}

func sqliteFile(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "jobs.db")
}
