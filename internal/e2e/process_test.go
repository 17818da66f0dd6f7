//go:build unix

package e2e_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	grace = 2 * time.Second        // of every program that does not say otherwise
	slack = 250 * time.Millisecond // for the kernel, the race detector and a busy machine
)

// A process is a program that a test has started.
type process struct {
	t         *testing.T
	cmd       *exec.Cmd
	toUs      *os.File
	lines     *bufio.Scanner // of toUs
	output    string         // the file that is its standard output and error
	words     []string       // what it said, but for what was awaited
	asked     time.Time      // when it was first asked to stop; if it never was, when it was started
	requested bool           // it was asked to stop
	took      time.Duration  // from the first time until it had ended
}

// An option changes how a program is started.
type option func(*testing.T, *exec.Cmd)

// with adds variables to the environment.
func with(env ...string) option {
	return func(_ *testing.T, cmd *exec.Cmd) { cmd.Env = append(cmd.Env, env...) }
}

// through starts the program by another one, which finds it as its last
// argument.
func through(tool string, args ...string) option {
	return func(t *testing.T, cmd *exec.Cmd) {
		path, err := exec.LookPath(tool)
		if err != nil {
			t.Skipf("%s is not installed", tool)
		}
		cmd.Args = slices.Concat([]string{tool}, args, []string{cmd.Path})
		cmd.Path = path
	}
}

// script starts the program by a shell, as "$0".
func script(shell, text string) option { return through(shell, "-c", text) }

// writingTo makes f the program's standard output and error.
func writingTo(f *os.File) option {
	return func(_ *testing.T, cmd *exec.Cmd) { cmd.Stdout, cmd.Stderr = f, f }
}

// reading makes f the program's standard input.
func reading(f *os.File) option {
	return func(_ *testing.T, cmd *exec.Cmd) { cmd.Stdin = f }
}

// start starts a program, in a process group of its own, so that signals can
// be sent to the group as a terminal does. What is left of it is killed at the
// end of the test.
func start(t *testing.T, program string, options ...option) *process {
	t.Helper()
	p := &process{t: t, output: filepath.Join(t.TempDir(), "output")}
	self, err := os.Executable()
	check(t, err)
	output, err := os.OpenFile(p.output, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	check(t, err)
	defer output.Close()
	toUs, toTest, err := os.Pipe()
	check(t, err)
	defer toTest.Close()

	ctx, cancel := patience(t)
	t.Cleanup(cancel)
	p.cmd = exec.CommandContext(ctx, self)
	p.cmd.Cancel = func() error { return p.signalGroup(syscall.SIGQUIT) } // its stacks say where it hangs
	p.cmd.WaitDelay = slack
	p.cmd.Env = environment(program)
	p.cmd.Stdout, p.cmd.Stderr = output, output
	p.cmd.ExtraFiles = []*os.File{toTest}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	for _, option := range options {
		option(t, p.cmd)
	}
	p.asked = time.Now()
	check(t, p.cmd.Start())
	if deadline, ok := ctx.Deadline(); ok {
		check(t, toUs.SetReadDeadline(deadline.Add(2*slack)))
	}
	p.toUs, p.lines = toUs, bufio.NewScanner(toUs)
	t.Cleanup(p.kill)
	return p
}

// patience returns a context that ends with the test, or shortly before the
// time for all tests is up.
func patience(t *testing.T) (context.Context, context.CancelFunc) {
	if deadline, ok := t.Deadline(); ok {
		return context.WithDeadline(t.Context(), deadline.Add(-time.Until(deadline)/20))
	}
	return context.WithCancel(t.Context())
}

// environment is that of the tests without what would change how a program
// stops.
func environment(program string) []string {
	env := slices.DeleteFunc(os.Environ(), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return slices.Contains([]string{"GOCOVERDIR", "JOURNAL_STREAM", "NOTIFY_SOCKET", "SHUTDOWN_DRAIN"}, name)
	})
	return append(env,
		programVariable+"="+program,
		fmt.Sprint("SHUTDOWN_GRACE=", grace),
		"GORACE=atexit_sleep_ms=0 "+os.Getenv("GORACE"), // the race detector's second at the end is no time of ours
	)
}

// kill ends what a failed test has left.
func (p *process) kill() {
	_ = p.signalGroup(syscall.SIGKILL)
	if p.cmd.ProcessState == nil {
		_ = p.cmd.Wait()
	}
	p.toUs.Close()
}

// startAndTerminate starts a program and sends it SIGTERM when it is ready.
func startAndTerminate(t *testing.T, program string, options ...option) *process {
	t.Helper()
	p := start(t, program, options...)
	p.await("ready")
	p.signal(syscall.SIGTERM)
	return p
}

// await reads what the program says until that is word.
func (p *process) await(word string) {
	p.t.Helper()
	for p.lines.Scan() {
		if p.lines.Text() == word {
			return
		}
		p.words = append(p.words, p.lines.Text())
	}
	p.t.Fatalf("the program ended, or time was up, before it said %q; %v; it said %q; output:\n%s",
		word, p.lines.Err(), p.words, p.printed())
}

// awaitNumber reads what the program says until that is name and a number.
func (p *process) awaitNumber(name string) (n int) {
	p.t.Helper()
	for p.lines.Scan() {
		if _, err := fmt.Sscanf(p.lines.Text(), name+" %d", &n); err == nil {
			return n
		}
		p.words = append(p.words, p.lines.Text())
	}
	p.t.Fatalf("the program ended before it said its %s; output:\n%s", name, p.printed())
	return 0
}

// signal asks the program itself to stop.
func (p *process) signal(sig syscall.Signal) {
	p.t.Helper()
	p.request()
	check(p.t, p.cmd.Process.Signal(sig))
}

// ctrlC does what a terminal does: it sends SIGINT to the whole group.
func (p *process) ctrlC() {
	p.t.Helper()
	p.request()
	check(p.t, p.signalGroup(syscall.SIGINT))
}

// request notes that the program is asked to stop now.
func (p *process) request() {
	if !p.requested {
		p.asked, p.requested = time.Now(), true
	}
}

func (p *process) signalGroup(sig syscall.Signal) error {
	return syscall.Kill(-p.cmd.Process.Pid, sig)
}

// wait waits for the end of the program, hears what it has still to say, and
// logs what there is to know.
func (p *process) wait() ending {
	p.t.Helper()
	for p.lines.Scan() {
		p.words = append(p.words, p.lines.Text())
	}
	_ = p.cmd.Wait() // that it was killed, or failed, is for the caller to judge
	p.took = time.Since(p.asked)
	got := endingOf(p.cmd.ProcessState)
	p.t.Logf("%v, %v after it was asked to stop; it said %q; output:\n%s", got, p.took.Round(time.Millisecond), p.words, abridged(p.printed()))
	if strings.Contains(p.printed(), "DATA RACE") {
		p.t.Error("a data race in the program")
	}
	return got
}

// ends waits for the end of the program and asserts how it ended and that it
// did so within the time it has for that.
func (p *process) ends(want ending, within time.Duration) {
	p.t.Helper()
	if got := p.wait(); got != want {
		p.t.Errorf("the program ended with %v, want %v", got, want)
	}
	if p.requested && p.took > within+slack {
		p.t.Errorf("the program was gone after %v, want at most %v", p.took, within)
	}
}

// said asserts what the program has said, besides what was awaited.
func (p *process) said(want ...string) {
	p.t.Helper()
	if !slices.Equal(p.words, want) {
		p.t.Errorf("the program said %q, want %q", p.words, want)
	}
}

// prints asserts that each of the texts is in the program's output.
func (p *process) prints(texts ...string) {
	p.t.Helper()
	for _, text := range texts {
		if !strings.Contains(p.printed(), text) {
			p.t.Errorf("the output does not contain %q", text)
		}
	}
}

func (p *process) printed() string {
	p.t.Helper()
	text, err := os.ReadFile(p.output)
	check(p.t, err)
	return string(text)
}

// abridged is text without the middle of what nobody would read.
func abridged(text string) string {
	const kept = 4096
	if len(text) <= 2*kept {
		return text
	}
	return text[:kept] + "\n[…]\n" + text[len(text)-kept:]
}

// An ending is how a process ended.
type ending struct {
	status int
	signal syscall.Signal // if not 0: it died by this one
}

func exit(status int) ending              { return ending{status: status} }
func diesBy(signal syscall.Signal) ending { return ending{signal: signal} }

func (e ending) String() string {
	if e.signal != 0 {
		return "death by signal: " + e.signal.String()
	}
	return fmt.Sprint("exit status ", e.status)
}

func endingOf(state *os.ProcessState) ending {
	if status := state.Sys().(syscall.WaitStatus); status.Signaled() {
		return diesBy(status.Signal())
	} else {
		return exit(status.ExitStatus())
	}
}

// check ends the test if something failed that is none of its business.
func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
