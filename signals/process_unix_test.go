//go:build unix

package signals_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed7e043c35/lastcall/signals"
)

// The test binary is its own child: the variable says as which of these. A
// child says what it has to say on descriptor 3, or on its terminal.
const programVariable = "LASTCALL_TEST_PROGRAM"

var programs = map[string]func(){
	"raises": func() { // the signal that it is told
		var n int
		_, _ = fmt.Sscan(os.Getenv("SIGNAL"), &n)
		signals.Raise(syscall.Signal(n))
		os.Exit(signals.Status(syscall.Signal(n)))
	},
	"tells signals": func() { // on its terminal: what each means, for as long as echoes may come
		received, _ := signals.Notify(signals.Termination()...)
		var repeat signals.Repeat
		fmt.Println("ready")
		fmt.Println(repeat.Received(<-received, time.Now()))
		for over := time.After(signals.SameRequest); ; { // what is tested is that nothing else comes in this time
			select {
			case sig := <-received:
				fmt.Println(repeat.Received(sig, time.Now()))
			case <-over:
				return
			}
		}
	},
	"tells its terminal": func() { // before and after SIGHUP
		hangup := make(chan os.Signal, 1)
		signal.Notify(hangup, signals.Hangup()...)
		say("%v %v", signals.Terminal(), signals.Termination())
		<-hangup
		say("%v %v", signals.Terminal(), signals.Termination())
	},
	"ignores": func() { say("%v", signals.Ignored(syscall.SIGHUP)) },
}

var toTest = os.NewFile(3, "to the test")

func say(format string, args ...any) { fmt.Fprintf(toTest, format+"\n", args...) }

func TestMain(m *testing.M) {
	if program := os.Getenv(programVariable); program != "" {
		programs[program]()
		os.Exit(0)
	}
	for _, sig := range []os.Signal{syscall.SIGINT, syscall.SIGHUP} {
		if signal.Ignored(sig) { // under nohup: what is received here has its default action in the programs
			signal.Notify(make(chan os.Signal, 1), sig)
		}
	}
	os.Exit(m.Run())
}

// command returns a command that runs the named program, by the words before
// it if there are any, and what the program will have said, a line each. Who
// starts it calls the function that is returned.
func command(t *testing.T, program string, by ...string) (cmd *exec.Cmd, said *bufio.Scanner, started func()) {
	t.Helper()
	if len(by) > 0 {
		if _, err := exec.LookPath(by[0]); err != nil {
			t.Skipf("%s is not installed", by[0])
		}
	}
	self, err := os.Executable()
	check(t, err)
	r, w, err := os.Pipe()
	check(t, err)
	t.Cleanup(func() { r.Close() })
	words := append(by, self)
	ctx, cancel := patience(t)
	t.Cleanup(cancel)
	cmd = exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Env = append(os.Environ(), programVariable+"="+program, "SELF="+self, "GORACE=atexit_sleep_ms=0")
	cmd.ExtraFiles = []*os.File{w}
	return cmd, bufio.NewScanner(r), func() { w.Close() }
}

// patience returns a context that ends shortly before the time for all tests is
// up, so that a test that hangs says which it is.
func patience(t *testing.T) (context.Context, context.CancelFunc) {
	if deadline, ok := t.Deadline(); ok {
		return context.WithDeadline(context.Background(), deadline.Add(-time.Until(deadline)/20))
	}
	return context.WithCancel(context.Background())
}

// await returns the next line that a program says.
func await(t *testing.T, said *bufio.Scanner) string {
	t.Helper()
	if !said.Scan() {
		t.Fatalf("the program ended and said nothing more: %v", said.Err())
	}
	return said.Text()
}

// rest returns what a program says until its end.
func rest(said *bufio.Scanner) []string {
	var lines []string
	for said.Scan() {
		lines = append(lines, said.Text())
	}
	return lines
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestRaise_diesOnlyByWhatGoDiesOf(t *testing.T) {
	for sig, want := range map[syscall.Signal]string{
		syscall.SIGINT:   "signal: interrupt",
		syscall.SIGTERM:  "signal: terminated",
		syscall.SIGHUP:   "signal: hangup",
		syscall.SIGQUIT:  "exit status 131", // Go would dump its stacks and exit with 2
		syscall.SIGILL:   "exit status 132",
		syscall.SIGTRAP:  "exit status 133",
		syscall.SIGABRT:  "exit status 134",
		syscall.SIGFPE:   "exit status 136",
		syscall.SIGUSR1:  fmt.Sprint("exit status ", 128+int(syscall.SIGUSR1)), // Go would do nothing
		syscall.SIGSEGV:  "exit status 139",
		syscall.SIGTSTP:  fmt.Sprint("exit status ", 128+int(syscall.SIGTSTP)), // it would never end
		syscall.SIGWINCH: fmt.Sprint("exit status ", 128+int(syscall.SIGWINCH)),
	} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			cmd, _, started := command(t, "raises")
			cmd.Env = append(cmd.Env, fmt.Sprintf("SIGNAL=%d", sig), "GOCOVERDIR=")
			var output strings.Builder
			cmd.Stderr = &output
			err := cmd.Run()
			started()
			if got := fmt.Sprint(err); got != want || output.Len() > 0 {
				t.Errorf("Raise(%v) and Status: %s, and it printed %q; want %s, and nothing", sig, got, output.String(), want)
			}
		})
	}
}

func TestTermination_withoutATerminalHasNoSIGHUP(t *testing.T) {
	cmd, said, started := command(t, "tells its terminal")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	check(t, cmd.Start())
	started()
	before := await(t, said)
	check(t, cmd.Process.Signal(syscall.SIGHUP))
	after := await(t, said)
	check(t, cmd.Wait())
	if want := "false [interrupt terminated]"; before != want || after != want {
		t.Errorf("Terminal() and Termination() in a session without a terminal are %s, then %s; want %s", before, after, want)
	}
}

func TestIgnored_atStartHoldsForSIGHUPWithoutATerminal(t *testing.T) {
	cmd, said, started := command(t, "ignores", "sh", "-c", `trap "" HUP; exec "$0"`)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	check(t, cmd.Start())
	started()
	if got := rest(said); len(got) != 1 || got[0] != "true" {
		t.Errorf("Ignored(SIGHUP) under nohup, without a terminal, says %q, want true", got)
	}
	check(t, cmd.Wait())
}
