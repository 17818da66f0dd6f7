//go:build unix

package actors_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/actors"
)

func TestCommand_aStoppedChildIsContinuedSoThatItCanEnd(t *testing.T) {
	t.Parallel()
	c := command(t, time.Minute, "polite")
	if err := c.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	c.Stop(nil)
	c.lines.want(t, "finishing")
	wantNil(t, "the actor returned", c.returned)
	<-c.result
}

func TestCommand_isAskedByItsCancel(t *testing.T) {
	t.Parallel()
	for name, program := range map[string]string{"and obeys": "obedient", "and exits": "interrupted"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := command(t, time.Minute, program, func(cmd *exec.Cmd) {
				cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) }
			})
			c.Stop(nil)
			wantNil(t, "the actor returned", c.returned)
			if got := c.cmd.ProcessState.String(); got != "signal: interrupt" && got != "exit status 130" {
				t.Errorf("the child's end is %s, want one by SIGINT", got)
			}
			<-c.result
		})
	}
}

func TestCommand_whoseCancelFailsIsSentSIGTERM(t *testing.T) {
	t.Parallel()
	c := command(t, time.Minute, "obedient", func(cmd *exec.Cmd) {
		cmd.Cancel = func() error { return errors.New("no such thing") }
	})
	c.Stop(nil)
	wantNil(t, "the actor returned", c.returned)
	<-c.result
}

func TestCommand_aCancelThatBlocksKeepsNobodyFromBeingKilled(t *testing.T) {
	m := newManager(2*time.Second, 0)
	cmd, lines := child(t, "stubborn")
	never := make(chan error)
	defer close(never)
	cmd.Cancel = func() error { return <-never }
	returned := actor(m, actors.Command(cmd))
	result := start(m)
	lines.want(t, "ready")
	m.Stop(nil)
	if err := <-returned; err == nil || !strings.Contains(err.Error(), "time was up") {
		t.Errorf("the actor returned %v, want that time was up", err)
	}
	<-result
}

func TestCommand_aCancelThatPanicsLeavesNoChildBehind(t *testing.T) {
	m := newManager(time.Minute, 0)
	cmd, lines := child(t, "obedient")
	cmd.Cancel = func() error { panic("burst") }
	returned := actor(m, actors.Command(cmd))
	result := start(m)
	lines.want(t, "ready")
	m.Stop(nil)
	var p *shutdown.PanicError
	if err := <-returned; !errors.As(err, &p) || p.Value != "burst" {
		t.Errorf("the actor returned %v, want the panic", err)
	}
	if cmd.ProcessState == nil {
		t.Error("the child was left behind")
	}
	<-result
}

// job is command for a child that a stop should let finish.
func job(t *testing.T, grace time.Duration, name string, changes ...func(*exec.Cmd)) *commanded {
	t.Helper()
	cmd, lines := child(t, name)
	for _, change := range changes {
		change(cmd)
	}
	run := actors.Command(cmd)
	return commandedBy(t, grace, cmd, lines, func(ctx context.Context) error { return run(shutdown.Work(ctx)) })
}

func TestCommand_aJobIsLeftAloneUntilTheTimeForWorkIsUp(t *testing.T) {
	t.Parallel()
	c := job(t, 5*time.Second, "polite") // 4 s for the job, and 200 ms of last chance
	c.Stop(nil)
	if err := <-c.returned; !errors.Is(err, shutdown.ErrCut) {
		t.Errorf("the actor returned %v, want that the job was cut", err)
	}
	c.lines.want(t, "finishing")
	select {
	case <-c.WorkContext().Done():
	default:
		t.Error("the job was asked before the time for work was up")
	}
	<-c.result
}

func TestCommand_aJobThatFinishesInItsTimeIsNotAsked(t *testing.T) {
	t.Parallel()
	m := newManager(time.Minute, 0)
	cmd, lines := child(t, "abandoner") // ends when its input does
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	run := actors.Command(cmd)
	returned := actor(m, func(ctx context.Context) error { return run(shutdown.Work(ctx)) })
	result := start(m)
	lines.want(t, "ready") // says the grandchild
	m.Stop(nil)
	<-m.Context().Done()
	_ = in.Close()
	wantNil(t, "the actor returned", returned)
	<-result
}

func TestCommand_aJobThatDoesNotObeyIsKilledBeforeItIsLeftBehind(t *testing.T) {
	t.Parallel()
	c := job(t, 10*time.Second, "stubborn") // half a second of last chance
	c.Stop(nil)
	if err := <-c.returned; !errors.Is(err, shutdown.ErrCut) {
		t.Errorf("the actor returned %v, want that the job was cut", err)
	}
	if got := c.cmd.ProcessState.String(); got != "signal: killed" {
		t.Errorf("the child's end is %s, want that it was killed", got)
	}
	var stuck *shutdown.StuckError
	if err := <-c.result; errors.As(err, &stuck) {
		t.Errorf("Run() = %v, want that nobody was left behind", err)
	}
}

func init() {
	children["program"] = func() { // one that uses this module, and hangs
		shutdown.Register("file", func() { say("file closed") })
		shutdown.Main(func(context.Context) error { say("ready"); hang(); return nil })
	}
}

// Whatever the child's own stop waits for, its finalizers run before it is killed.
func TestCommand_aJobThatUsesThisModuleLosesNoFinalizer(t *testing.T) {
	t.Parallel()
	quiet := func(cmd *exec.Cmd) { cmd.Stderr = nil }
	c := job(t, 10*time.Second, "program", quiet) // 8 s for the job, and 500 ms of last chance
	c.Stop(nil)
	c.lines.want(t, "file closed")
	if err := <-c.returned; !errors.Is(err, shutdown.ErrCut) || c.cmd.ProcessState.ExitCode() != 124 {
		t.Errorf("the actor returned %v, the child's end is %s; want that it was cut, and 124", err, c.cmd.ProcessState)
	}
	<-c.result
}

func TestCommand_aJobThatCannotBeBegunAnyMoreWasCut(t *testing.T) {
	m := newManager(time.Second, 0)
	cmd, _ := child(t, "polite")
	returned := actor(m, func(ctx context.Context) error {
		work, cancel := context.WithTimeout(shutdown.Work(ctx), time.Hour)
		defer cancel()
		<-work.Done()
		return actors.Command(cmd)(work)
	})
	result := start(m)
	m.Stop(nil)
	if err := <-returned; !errors.Is(err, shutdown.ErrCut) || cmd.Process != nil {
		t.Errorf("the actor returned %v, the process is %v; want that it was cut, and none", err, cmd.Process)
	}
	<-result
}

func TestCommand_aChildThatEndsWhenItsTimeIsUpHasEndedInTime(t *testing.T) {
	for range 100 {
		if !actors.EndsInTime() {
			t.Fatal("a child that has ended is about to be asked to end")
		}
	}
}

func TestCommand_aForcedStopKillsAJobAtOnce(t *testing.T) {
	t.Parallel()
	c := job(t, time.Minute, "stubborn")
	c.Stop(nil)
	<-c.Context().Done()
	c.Signal(os.Interrupt)
	if err := <-c.returned; !errors.Is(err, shutdown.ErrCut) {
		t.Errorf("the actor returned %v, want that the job was cut", err)
	}
	if got := c.cmd.ProcessState.String(); got != "signal: killed" {
		t.Errorf("the child's end is %s, want that it was killed", got)
	}
	<-c.result
}

func TestCommand_cutShortSaysSoOnce(t *testing.T) {
	t.Parallel()
	c := job(t, time.Second, "stubborn")
	c.Stop(nil)
	if err := <-c.returned; strings.Count(err.Error(), "actors: Command") != 1 || strings.Count(err.Error(), "time was up") != 1 {
		t.Errorf("the actor returned %q, want each thing said once", err)
	}
	<-c.result
}
