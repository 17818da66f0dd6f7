package bench_test

import (
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed7e043c35/lastcall/bench/clock"
	"github.com/seed7e043c35/lastcall/shutdown/shutdowntest"
)

var (
	programs = flag.String("programs", "", "the `directory` that the programs are built in, if they are not there (default a temporary one)")
	round    = flag.Int("round", 0, "which of a series of runs this is; varies when the requests in flight end")
)

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(func() int {
		if *programs == "" {
			dir, err := os.MkdirTemp("", "bench")
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				return 1
			}
			defer os.RemoveAll(dir)
			*programs = dir
		}
		return m.Run()
	}())
}

// built returns the path of a program of ours, which it builds unless that has
// been done.
func built(b *testing.B, kind, impl string) string {
	b.Helper()
	return builtFrom(b, "./programs/"+kind+"/"+impl, kind+"-"+impl)
}

// builtFrom is built for any package, with settings for the go command.
func builtFrom(b *testing.B, pkg, name string, env ...string) string {
	b.Helper()
	path := filepath.Join(*programs, name)
	cmd := exec.Command("go", "build", "-o", path, pkg)
	cmd.Env = append(os.Environ(), env...)
	buildOnce(b, path, cmd)
	return path
}

func buildOnce(b *testing.B, path string, cmd *exec.Cmd) {
	b.Helper()
	if _, err := os.Stat(path); err == nil {
		return
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%s: %v\n%s", cmd, err, out)
	}
}

// A program is one that has been started and is ready.
type program struct {
	*shutdowntest.Process
	cmd  *exec.Cmd
	in   io.Closer     // its standard input
	word string        // that it said when it was ready
	took time.Duration // to be ready
}

// start starts a program whose log goes nowhere, and waits until it is ready.
func start(b *testing.B, cmd *exec.Cmd, opts ...shutdowntest.Option) *program {
	b.Helper()
	in, err := cmd.StdinPipe()
	check(b, err)
	nowhere, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	check(b, err)
	defer nowhere.Close()
	cmd.Stderr = nowhere
	began := time.Now()
	p := &program{Process: shutdowntest.Exec(b, cmd, opts...), cmd: cmd, in: in}
	p.word = strings.TrimPrefix(p.Line("ready "), "ready ")
	p.took = time.Since(began)
	return p
}

// idleCost is what p says that it costs while it does nothing. It does not ask
// before it has said so.
func (p *program) idleCost(b *testing.B) (goroutines, bytes float64) {
	b.Helper()
	_, err := fmt.Sscanf(p.Line("costs "), "costs %g %g", &goroutines, &bytes)
	check(b, err)
	return goroutines, bytes
}

// terminate sends SIGTERM and returns what it took until the process was gone.
// Programs differ in how they end.
func (p *program) terminate() cost {
	before := clock.Of(p.Pid())
	p.Signal(syscall.SIGTERM)
	took := p.Wait().Took
	if before == 0 { // no clock for that
		return cost{time: took}
	}
	return cost{took, cpuOf(p.cmd.ProcessState) - before}
}

// cpuOf returns the CPU time of a process that has ended.
func cpuOf(ended *os.ProcessState) time.Duration { return ended.UserTime() + ended.SystemTime() }
