//go:build unix

package e2e_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown/shutdowntest"
)

const (
	grace = 2 * time.Second        // of every program that does not say otherwise
	slack = 250 * time.Millisecond // for the kernel, the race detector and a busy machine
)

// A process is a program that a test has started. What it has to tell the test
// comes on a pipe beside its standard output and error, which are what many of the
// tests take away.
type process struct {
	*shutdowntest.Process
	t         *testing.T
	cmd       *exec.Cmd
	toUs      *os.File
	lines     *bufio.Scanner // of toUs
	output    *os.File       // what is its standard output and error, if we may read that
	words     []string       // what it said, but for what was awaited
	asked     time.Time      // when it was first asked to stop; if it never was, when it was started
	requested bool           // it was asked to stop
	took      time.Duration  // from the first time until it had ended
}

// An option changes how a program is started.
type option func(*testing.T, *exec.Cmd) []shutdowntest.Option

// changed is an option that changes the command.
func changed(change func(*testing.T, *exec.Cmd)) option {
	return func(t *testing.T, cmd *exec.Cmd) []shutdowntest.Option { change(t, cmd); return nil }
}

// with adds variables to the environment.
func with(env ...string) option {
	return changed(func(_ *testing.T, cmd *exec.Cmd) { cmd.Env = append(cmd.Env, env...) })
}

// through starts the program by another one, which finds it as its last
// argument.
func through(tool string, args ...string) option {
	return changed(func(t *testing.T, cmd *exec.Cmd) {
		path, err := exec.LookPath(tool)
		if err != nil {
			t.Skipf("%s is not installed", tool)
		}
		cmd.Args = slices.Concat([]string{tool}, args, []string{cmd.Path})
		cmd.Path = path
	})
}

// script starts the program by a shell, as "$0".
func script(shell, text string) option { return through(shell, "-c", text) }

// writingTo makes f the program's standard output and error.
func writingTo(f *os.File) option {
	return changed(func(_ *testing.T, cmd *exec.Cmd) { cmd.Stdout, cmd.Stderr = f, f })
}

// reading makes f the program's standard input.
func reading(f *os.File) option {
	return changed(func(_ *testing.T, cmd *exec.Cmd) { cmd.Stdin = f })
}

// start starts a program. What is left of it is killed at the end of the test.
func start(t *testing.T, program string, options ...option) *process {
	t.Helper()
	self, err := os.Executable()
	check(t, err)
	cmd := exec.Command(self)
	cmd.Env = environment(program)
	return launch(t, cmd, func(toTest, output *os.File) {
		cmd.Stdout, cmd.Stderr = output, output // a file, to which children can write for as long as they like
		cmd.ExtraFiles = []*os.File{toTest}
	}, options...)
}

// launch starts cmd, once connect has given it what it says things to the test on
// and what it prints to.
func launch(t *testing.T, cmd *exec.Cmd, connect func(toTest, output *os.File), options ...option) *process {
	t.Helper()
	toUs, toTest, err := os.Pipe()
	check(t, err)
	defer toTest.Close()
	t.Cleanup(func() { toUs.Close() })
	output, err := os.OpenFile(filepath.Join(t.TempDir(), "output"), os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	check(t, err)
	t.Cleanup(func() { output.Close() })

	connect(toTest, output)
	p := &process{t: t, cmd: cmd, toUs: toUs, lines: bufio.NewScanner(toUs), output: output}
	var settings []shutdowntest.Option
	for _, option := range options {
		settings = append(settings, option(t, cmd)...)
	}
	p.asked = time.Now()
	p.Process = shutdowntest.Exec(t, cmd, settings...)
	if deadline, ok := t.Deadline(); ok {
		check(t, toUs.SetReadDeadline(deadline.Add(-time.Until(deadline)/20)))
	}
	return p
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
	p.Signal(sig)
}

// ctrlC does what a terminal does.
func (p *process) ctrlC() {
	p.t.Helper()
	p.request()
	p.CtrlC()
}

// request notes that the program is asked to stop now, whoever asks.
func (p *process) request() {
	if !p.requested {
		p.asked, p.requested = time.Now(), true
	}
}

// wait waits for the end of the program, hears what it has still to say, and
// logs what there is to know.
func (p *process) wait() ending {
	p.t.Helper()
	for p.lines.Scan() {
		p.words = append(p.words, p.lines.Text())
	}
	end := p.Wait()
	p.took = end.Ended.Sub(p.asked)
	p.t.Logf("%v, %v after it was asked to stop; it said %q; output:\n%s", end.Status, p.took.Round(time.Millisecond), p.words, abridged(p.printed()))
	if strings.Contains(p.printed(), "DATA RACE") {
		p.t.Error("a data race in the program")
	}
	return end.Status
}

// ends waits for the end of the program and asserts how it ended and that it
// did so within the time it has for that.
func (p *process) ends(want ending, within time.Duration) {
	p.t.Helper()
	if got := p.wait(); got != want {
		p.t.Errorf("the program ended with %v, want %v", got, want)
	}
	if within += p.paused(); p.requested && p.took > within+slack {
		p.t.Errorf("the program was gone after %v, want at most %v", p.took, within)
	}
}

// pauses are what a program says of the time in which it had no processor, which
// costs nothing of its grace: on a busy machine that happens.
var pauses = regexp.MustCompile(`"paused":([0-9.]+)|after a pause of ([0-9.]+m?s)`)

// paused returns how long the program says that it has been paused.
func (p *process) paused() (d time.Duration) {
	for _, m := range pauses.FindAllStringSubmatch(p.printed(), -1) {
		text := m[2]
		if m[1] != "" {
			text = m[1] + "ms"
		}
		said, err := time.ParseDuration(text)
		check(p.t, err)
		d = max(d, said)
	}
	return d
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
	text, err := os.ReadFile(p.output.Name())
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
type ending = shutdowntest.Status

func exit(status int) ending { return ending{Code: status} }
func diesBy(signal syscall.Signal) ending {
	return ending{Code: 128 + int(signal), Signal: signal}
}

// check ends the test if something failed that is none of its business.
func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
