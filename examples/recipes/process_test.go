//go:build unix

package recipes

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// built is where all programs of this module are, as moving-fx-after.
var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "recipes-")
	if err != nil {
		return "", err
	}
	mains, err := filepath.Glob("moving/*/*/main.go")
	if err != nil {
		return "", err
	}
	programs, err := filepath.Glob("programs/*/main.go")
	for _, file := range append(mains, programs...) {
		path := filepath.Dir(file)
		out, err := exec.Command("go", "build", "-o", filepath.Join(dir, strings.ReplaceAll(path, "/", "-")), "./"+path).CombinedOutput()
		if err != nil {
			return "", &buildError{path, string(out)}
		}
	}
	return dir, err
})

type buildError struct{ path, output string }

func (e *buildError) Error() string { return "go build " + e.path + ": " + e.output }

// A process is one of those programs, running.
type process struct {
	t   *testing.T
	cmd *exec.Cmd
	out *bufio.Reader
}

// launch starts a program and returns when it has said its first line.
func launch(t *testing.T, program string, args, env []string) (p *process, first string) {
	t.Helper()
	dir, err := built()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(dir, program), args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = t.Output()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	p = &process{t, cmd, bufio.NewReader(out)}
	return p, p.line()
}

func (p *process) line() string {
	p.t.Helper()
	line, err := p.out.ReadString('\n')
	if err != nil {
		p.t.Fatalf("it has said %q and no more: %v", line, err)
	}
	return strings.TrimSuffix(line, "\n")
}

// ends sends sig and returns what the program still says, and how it ended.
func (p *process) ends(sig os.Signal) (said, how string) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil {
		p.t.Fatal(err)
	}
	rest, err := io.ReadAll(p.out)
	if err != nil {
		p.t.Fatal(err)
	}
	_ = p.cmd.Wait()
	return string(rest), p.cmd.ProcessState.String()
}

func TestMoving_whatIsMovedEndsInOrderOnSIGTERM(t *testing.T) {
	pairs, err := filepath.Glob("moving/*")
	if err != nil || len(pairs) == 0 {
		t.Fatal(pairs, err)
	}
	for _, pair := range pairs {
		t.Run(filepath.Base(pair), func(t *testing.T) {
			p, first := launch(t, "moving-"+filepath.Base(pair)+"-after", nil, nil)
			if first != "ready" {
				t.Fatalf("first line %q, want ready", first)
			}
			said, how := p.ends(syscall.SIGTERM)
			if !strings.HasSuffix(said, "store closed\n") || how != "exit status 0" {
				t.Errorf("after SIGTERM it said %q and ended with %q, want the store closed last and exit status 0", said, how)
			}
		})
	}
}

func TestCommandLine_flagsAreParsedBeforeMain(t *testing.T) {
	for program, args := range map[string][]string{
		"flag":   {"-grace", "3s"},
		"cobra":  {"serve", "--grace", "3s"},
		"urfave": {"serve", "--grace", "3s"},
	} {
		t.Run(program, func(t *testing.T) {
			p, first := launch(t, "programs-"+program, args, nil)
			if first != "ready 3s" {
				t.Fatalf("first line %q, want ready 3s", first)
			}
			if _, how := p.ends(syscall.SIGTERM); how != "exit status 0" {
				t.Errorf("ended with %q, want exit status 0", how)
			}
		})
	}
}

func TestMainThread_theLoopIsEndedLast(t *testing.T) {
	p, _ := launch(t, "programs-mainthread", nil, nil)
	if said, how := p.ends(syscall.SIGTERM); said != "window closed\n" || how != "exit status 0" {
		t.Errorf("it said %q and ended with %q, want its window closed and exit status 0", said, how)
	}
}
