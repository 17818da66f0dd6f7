//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// buildRecipe returns the path of the program to compare with.
func buildRecipe(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "recipe")
	if said, err := exec.CommandContext(untilDeadline(t), "go", "build", "-o", path, "./internal/recipe").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, said)
	}
	return path
}

// startProgram starts a program other than the demo, and waits until it
// listens on a free port.
func startProgram(t *testing.T, path string, args ...string) *process {
	t.Helper()
	p := attend(t, exec.CommandContext(untilDeadline(t), path, append([]string{"-addr", "127.0.0.1:0"}, args...)...))
	line, ok := p.stdout.await("listening on ")
	if !ok {
		t.Fatalf("%q ended before it listened: %v", p.cmd.Args, p.wait())
	}
	_, rest, _ := strings.Cut(line, "listening on ")
	p.url, _, _ = strings.Cut(rest, ",")
	return p
}

// attend starts cmd, reads what it writes, and ends it with the test.
func attend(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	cmd.Env = append(os.Environ(), "GOCOVERDIR=")
	p := &process{t: t, cmd: cmd, stdout: pipe(t, cmd.StdoutPipe), stderr: pipe(t, cmd.StderrPipe)}
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
			t.Logf("%q\n%s%s", cmd.Args, p.stdout.text.String(), p.stderr.text.String())
		}
	})
	return p
}
