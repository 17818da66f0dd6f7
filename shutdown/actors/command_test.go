//go:build unix

package actors_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed7e043c35/lastcall/internal/parallel"
	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/actors"
)

// The test binary is its own child: the variable says as which of these.
const childVariable = "LASTCALL_TEST_CHILD"

var children = map[string]func(){
	"obedient": func() { // dies by SIGTERM
		say("ready")
		hang()
	},
	"polite": func() { // finishes what it had begun
		asked := terminations()
		say("ready")
		<-asked
		say("finishing")
	},
	"conventional": func() { // as a shell or the JVM does
		asked := terminations()
		say("ready")
		<-asked
		os.Exit(143)
	},
	"interrupted": func() { // as a shell does
		asked := make(chan os.Signal, 1)
		signal.Notify(asked, os.Interrupt)
		say("ready")
		<-asked
		os.Exit(130)
	},
	"failing": func() {
		asked := terminations()
		say("ready")
		<-asked
		os.Exit(3)
	},
	"stubborn": func() { // does not end
		signal.Ignore(syscall.SIGTERM)
		say("ready")
		hang()
	},
	"silent": hang,
	"parent": func() { // of a polite one, in the same group; is gone before it
		child := childOf("polite")
		child.Stdout = os.Stdout
		if err := child.Start(); err != nil {
			panic(err)
		}
		hang()
	},
	"deserter": func() { // leaves behind, in another session, one that holds the pipe open
		child := childOf("silent")
		child.Stdout = os.Stdout
		child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		if err := child.Start(); err != nil {
			panic(err)
		}
		say(fmt.Sprint(child.Process.Pid))
		os.Exit(0)
	},
	"abandoner": func() { // leaves a polite one behind in its group, and succeeds
		child := childOf("polite")
		child.Stdout = os.Stdout
		if err := child.Start(); err != nil {
			panic(err)
		}
		_, _ = io.ReadAll(os.Stdin) // until the test says so
		os.Exit(0)
	},
	"environment": func() { say(os.Getenv("GREETING")) },
}

// hang waits for a timer, since Go ends a program that waits for nothing at all.
func hang() { <-time.After(time.Hour) }

func say(line string) { fmt.Println(line) }

func terminations() <-chan os.Signal {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGTERM)
	return asked
}

func childOf(name string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+name, "GORACE=atexit_sleep_ms=0")
	return cmd
}

func TestMain(m *testing.M) {
	if name := os.Getenv(childVariable); name != "" {
		children[name]()
		os.Exit(0)
	}
	parallel.AtLeast(16)
	os.Exit(m.Run())
}

// child returns the named child and what it will have said, by line.
func child(t *testing.T, name string) (cmd *exec.Cmd, lines *output) {
	t.Helper()
	cmd = childOf(name)
	lines = newOutput()
	cmd.Stdout = lines
	cmd.Stderr = os.Stderr
	return cmd, lines
}

// An output hands over each line that is written to it.
type output struct {
	*io.PipeWriter
	lines chan string
}

func newOutput() *output {
	r, w := io.Pipe()
	o := &output{w, make(chan string, 16)}
	go func() { // ends with the test binary at the latest
		for scanner := bufio.NewScanner(r); scanner.Scan(); {
			o.lines <- scanner.Text()
		}
	}()
	return o
}

func (o *output) want(t *testing.T, want string) {
	t.Helper()
	if got := <-o.lines; got != want {
		t.Errorf("the child said %q, want %q", got, want)
	}
}

// A commanded child is run by an actor of a manager of the test's own.
type commanded struct {
	*shutdown.Manager
	cmd              *exec.Cmd
	lines            *output
	returned, result <-chan error // by the actor, and by Run
}

// command runs the named child, after changes, and returns when that is ready.
func command(t *testing.T, grace time.Duration, name string, changes ...func(*exec.Cmd)) *commanded {
	t.Helper()
	cmd, lines := child(t, name)
	for _, change := range changes {
		change(cmd)
	}
	return commandedBy(t, grace, cmd, lines, actors.Command(cmd))
}

func commandedBy(t *testing.T, grace time.Duration, cmd *exec.Cmd, lines *output, run func(context.Context) error) *commanded {
	t.Helper()
	m := newManager(grace, 0)
	c := &commanded{Manager: m, cmd: cmd, lines: lines, returned: actor(m, run), result: start(m)}
	lines.want(t, "ready")
	return c
}

func TestCommand_exitByOurSIGTERMIsSuccess(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"obedient", "polite", "conventional"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := command(t, time.Minute, name)
			c.Stop(nil)
			wantNil(t, "the actor returned", c.returned)
			wantNil(t, "Run() =", c.result)
		})
	}
}

func TestCommand_isAliveUntilItIsAsked(t *testing.T) {
	t.Parallel()
	m := newManager(time.Minute, 20*time.Second)
	cmd, lines := child(t, "polite")
	returned := actor(m, actors.Command(cmd))
	result := start(m)
	lines.want(t, "ready")
	m.Signal(syscall.SIGTERM)
	<-m.Draining()
	select {
	case err := <-returned:
		t.Errorf("while draining the actor returned %v", err)
	default:
	}
	m.Stop(nil)
	lines.want(t, "finishing")
	wantNil(t, "Run() =", result)
}

func TestCommand_anyOtherStatusIsTheActorsError(t *testing.T) {
	t.Parallel()
	c := command(t, time.Minute, "failing")
	c.Stop(nil)
	err := <-c.result
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 3 {
		t.Errorf("Run() = %v, want an *exec.ExitError with status 3", err)
	}
	if got := shutdown.ExitCode(err); got != 3 {
		t.Errorf("ExitCode(%v) = %d, want 3", err, got)
	}
}

func TestCommand_aDeathByAnothersSIGTERMIsAFailure(t *testing.T) {
	t.Parallel()
	c := command(t, time.Minute, "obedient")
	_ = c.cmd.Process.Signal(syscall.SIGTERM)
	var exit *exec.ExitError
	if err := <-c.result; !errors.As(err, &exit) {
		t.Errorf("Run() = %v, want an *exec.ExitError", err)
	}
}

func TestCommand_killsTheWholeGroupWhenTimeIsUp(t *testing.T) {
	t.Parallel()
	c := command(t, 3*time.Second, "stubborn") // 2.4 s for the child
	c.Stop(nil)
	var exit *exec.ExitError
	err := <-c.returned
	if !errors.As(err, &exit) || !strings.Contains(err.Error(), "time was up") {
		t.Fatalf("the actor returned %v, want an *exec.ExitError and that time was up", err)
	}
	if got := exit.Sys().(syscall.WaitStatus).Signal(); got != syscall.SIGKILL {
		t.Errorf("the child died by %v, want SIGKILL", got)
	}
	if got := <-c.result; !errors.Is(got, err) {
		t.Errorf("Run() = %v, want it to contain %v", got, err)
	}
}

func TestCommand_waitsForWhatTheChildLeavesBehindInItsGroup(t *testing.T) {
	t.Parallel()
	seenToItsEnd := func(cmd *exec.Cmd) { cmd.WaitDelay = time.Minute } // its output
	c := command(t, time.Minute, "parent", seenToItsEnd)                // it is the grandchild who is ready
	c.Stop(nil)
	wantNil(t, "Run() =", c.result)
	c.lines.want(t, "finishing")
	if actors.GroupAlive(c.cmd) {
		t.Error("somebody of the child's group is alive")
	}
}

func TestCommand_endsWhatAChildThatEndsByItselfLeavesBehind(t *testing.T) {
	t.Parallel()
	m := newManager(time.Minute, 0)
	cmd, lines := child(t, "abandoner")
	cmd.WaitDelay = time.Minute
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	// A file, not a writer: Wait is not to wait for its end before the group is told.
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout = w
	go func() { _, _ = io.Copy(lines, r) }() // ends with the grandchild
	actor(m, actors.Command(cmd))
	result := start(m)
	lines.want(t, "ready") // says the grandchild
	_ = in.Close()
	lines.want(t, "finishing")
	wantNil(t, "Run() =", result)
	_ = w.Close()
}

func TestCommand_aPipeHeldOpenByAGrandchildDoesNotHangIt(t *testing.T) {
	t.Parallel()
	m := newManager(time.Minute, 0)
	cmd, lines := child(t, "deserter")
	returned := actor(m, actors.Command(cmd))
	result := start(m)
	pid, err := strconv.Atoi(<-lines.lines)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Kill(pid, syscall.SIGKILL) }()
	if err := <-returned; err != nil { // that it returns at all is the point
		t.Errorf("the actor returned %v, want nil", err)
	}
	<-result
}

func TestCommand_startsTheChildWithTheEnvironmentGivenAndInItsOwnGroup(t *testing.T) {
	t.Parallel()
	m := newManager(time.Minute, 0)
	cmd, lines := child(t, "environment")
	cmd.Env = append(cmd.Env, "GREETING=hello")
	attr := &syscall.SysProcAttr{}
	cmd.SysProcAttr = attr
	actor(m, actors.Command(cmd))
	result := start(m)
	lines.want(t, "hello")
	if err := <-result; err != nil {
		t.Errorf("Run() = %v, want nil: the child's end is the actor's", err)
	}
	if !cmd.SysProcAttr.Setpgid || attr.Setpgid {
		t.Errorf("Setpgid is %t, and in the caller's own attributes %t; want true and false", cmd.SysProcAttr.Setpgid, attr.Setpgid)
	}
}

func TestCommand_isNotStartedOnceTheContextHasEnded(t *testing.T) {
	t.Parallel()
	m := newManager(time.Minute, 0)
	m.Stop(nil)
	cmd, _ := child(t, "polite")
	returned := actor(m, actors.Command(cmd))
	result := start(m)
	if err := <-returned; err != nil || cmd.Process != nil {
		t.Errorf("the actor returned %v, the process is %v; want nil and none", err, cmd.Process)
	}
	<-result
}

func TestCommand_thatCannotBeStartedIsAnError(t *testing.T) {
	t.Parallel()
	if err := actors.Command(exec.Command("/nonexistent"))(t.Context()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want %v", err, os.ErrNotExist)
	}
	started, lines := child(t, "environment")
	if err := started.Start(); err != nil {
		t.Fatal(err)
	}
	lines.want(t, "")
	if err := actors.Command(started)(context.Background()); err == nil || !strings.Contains(err.Error(), "already started") {
		t.Errorf("got %v, want an error that says that it is already started", err)
	}
	if err := started.Wait(); err != nil {
		t.Error(err)
	}
}
