//go:build linux || darwin || freebsd

package guard_test

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown/guard"
)

// The test binary is its own child: the variable says as which program. What it
// has to say it says on descriptor 3, line by line.
const programVariable = "LASTCALL_GUARD_TEST_PROGRAM"

var programs = map[string]func(dir string){}

func TestMain(m *testing.M) {
	if name := os.Getenv(programVariable); name != "" {
		syscall.CloseOnExec(3)
		programs[name](os.Getenv(programVariable + "_DIR"))
		os.Exit(0)
	}
	flag.Parse()
	os.Exit(m.Run())
}

var toTest = os.NewFile(3, "test")

// say is one write, so that a reader gets each line whole.
func say(format string, args ...any) { fmt.Fprintf(toTest, format+"\n", args...) }

// must ends a program that cannot do what it is there for.
func must[T any](v T, err error) T {
	if err != nil {
		say("failed: %v", err)
		os.Exit(99)
	}
	return v
}

// forever waits for a timer, since Go ends a program that waits for nothing at all.
func forever() { <-time.After(time.Hour) }

// A process is a program that a test has started, as the leader of a group.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	lines *bufio.Scanner
	stdin *os.File // of startFed
}

// startFed starts a program that reads from stdin.
func startFed(t *testing.T, program, dir string, env ...string) *process {
	t.Helper()
	r, w, err := os.Pipe()
	check(t, err)
	defer r.Close()
	t.Cleanup(func() { w.Close() })
	p := startWith(t, program, dir, func(cmd *exec.Cmd) { cmd.Stdin = r }, env...)
	p.stdin = w
	return p
}

func start(t *testing.T, program, dir string, env ...string) *process {
	t.Helper()
	return startWith(t, program, dir, func(*exec.Cmd) {}, env...)
}

func startWith(t *testing.T, program, dir string, change func(*exec.Cmd), env ...string) *process {
	t.Helper()
	r, w, err := os.Pipe()
	check(t, err)
	defer w.Close()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), programVariable+"="+program, programVariable+"_DIR="+dir, "GORACE=atexit_sleep_ms=0")
	cmd.Env = append(cmd.Env, env...)
	cmd.ExtraFiles = []*os.File{w}
	cmd.SysProcAttr, cmd.Dir = &syscall.SysProcAttr{Setpgid: true}, dir
	change(cmd)
	if deadline, ok := t.Deadline(); ok {
		check(t, r.SetReadDeadline(deadline.Add(-time.Until(deadline)/20)))
	}
	check(t, cmd.Start())
	p := &process{t: t, cmd: cmd, lines: bufio.NewScanner(r)}
	t.Cleanup(func() {
		if cmd.ProcessState == nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
		r.Close()
	})
	return p
}

// await reads what the program says until that begins with word, and returns
// the rest of the line.
func (p *process) await(word string) string {
	p.t.Helper()
	for p.lines.Scan() {
		if rest, ok := strings.CutPrefix(p.lines.Text(), word); ok {
			return strings.TrimSpace(rest)
		}
		if strings.HasPrefix(p.lines.Text(), "failed") {
			p.t.Fatal(p.lines.Text())
		}
	}
	p.t.Fatalf("the program ended, or time was up, before it said %q: %v", word, p.lines.Err())
	return ""
}

// ends waits for the end of the program and checks how it ended: by a signal,
// or else with a status.
func (p *process) ends(sig syscall.Signal, status int) {
	p.t.Helper()
	_ = p.cmd.Wait()
	ws := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	switch {
	case sig != 0 && (!ws.Signaled() || ws.Signal() != sig):
		p.t.Errorf("the program ended with %v, want death by %v", p.cmd.ProcessState, sig)
	case sig == 0 && ws.ExitStatus() != status:
		p.t.Errorf("the program ended with %v, want exit status %d", p.cmd.ProcessState, status)
	}
}

// kill ends the program as the kernel does, and waits for its end.
func (p *process) kill() {
	p.t.Helper()
	check(p.t, p.cmd.Process.Kill())
	p.ends(syscall.SIGKILL, 0)
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, os.ErrNotExist)
}

// openGuard opens a guard in a directory of its own, and closes it at the end.
func openGuard(t testing.TB, opts ...guard.Option) *guard.Guard {
	t.Helper()
	g, err := guard.Open(filepath.Join(t.TempDir(), "guard"), opts...)
	check(t, err)
	t.Cleanup(func() { _ = g.Close() })
	return g
}

// settled settles dir and returns what was done, in order. It fails the test if
// something failed.
func settled(t testing.TB, dir string) (done []string) {
	t.Helper()
	check(t, guard.Settle(dir, guard.Tell(func(o guard.Outcome) { done = append(done, o.Cleanup) })))
	return done
}

// noJournals checks that nothing is left in the directory of a guard.
func noJournals(t testing.TB, dir string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	check(t, err)
	for _, f := range files {
		t.Errorf("%s is left", f.Name())
	}
}

// newScene is a directory with something in it that shall stay.
func newScene(t *testing.T) string {
	dir := t.TempDir()
	check(t, os.MkdirAll(filepath.Join(dir, "kept"), 0o700))
	check(t, os.WriteFile(filepath.Join(dir, "kept/file"), nil, 0o600))
	return dir
}
