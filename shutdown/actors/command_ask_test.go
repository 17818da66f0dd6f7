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
	m := newManager(time.Minute, 0)
	cmd, lines := child(t, "polite")
	returned := actor(m, actors.Command(cmd))
	result := start(m)
	lines.want(t, "ready")
	if err := cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	m.Stop(nil)
	lines.want(t, "finishing")
	if err := <-returned; err != nil {
		t.Errorf("the actor returned %v, want nil", err)
	}
	<-result
}

func TestCommand_isAskedByItsCancel(t *testing.T) {
	t.Parallel()
	for name, program := range map[string]string{"and obeys": "obedient", "and exits": "interrupted"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newManager(time.Minute, 0)
			cmd, lines := child(t, program)
			cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) }
			returned := actor(m, actors.Command(cmd))
			result := start(m)
			lines.want(t, "ready")
			m.Stop(nil)
			if err := <-returned; err != nil {
				t.Errorf("the actor returned %v, want nil", err)
			}
			if got := cmd.ProcessState.String(); got != "signal: interrupt" && got != "exit status 130" {
				t.Errorf("the child's end is %s, want one by SIGINT", got)
			}
			<-result
		})
	}
}

func TestCommand_whoseCancelFailsIsSentSIGTERM(t *testing.T) {
	t.Parallel()
	m := newManager(time.Minute, 0)
	cmd, lines := child(t, "obedient")
	cmd.Cancel = func() error { return errors.New("no such thing") }
	returned := actor(m, actors.Command(cmd))
	result := start(m)
	lines.want(t, "ready")
	m.Stop(nil)
	if err := <-returned; err != nil {
		t.Errorf("the actor returned %v, want nil", err)
	}
	<-result
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

// job runs the named child as one that a stop should let finish.
func job(t *testing.T, m *shutdown.Manager, name string) (returned <-chan error, cmd *exec.Cmd, lines *output) {
	t.Helper()
	cmd, lines = child(t, name)
	run := actors.Command(cmd)
	return actor(m, func(ctx context.Context) error { return run(shutdown.Work(ctx)) }), cmd, lines
}

func TestCommand_aJobIsLeftAloneUntilTheTimeForWorkIsUp(t *testing.T) {
	t.Parallel()
	m := newManager(5*time.Second, 0) // 4 s for the job, and 200 ms of last chance
	returned, _, lines := job(t, m, "polite")
	result := start(m)
	lines.want(t, "ready")
	m.Stop(nil)
	if err := <-returned; !errors.Is(err, shutdown.ErrCut) {
		t.Errorf("the actor returned %v, want that the job was cut", err)
	}
	lines.want(t, "finishing")
	select {
	case <-m.WorkContext().Done():
	default:
		t.Error("the job was asked before the time for work was up")
	}
	<-result
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
	if err := <-returned; err != nil {
		t.Errorf("the actor returned %v, want nil", err)
	}
	<-result
}

func TestCommand_aJobThatDoesNotObeyIsKilledBeforeItIsLeftBehind(t *testing.T) {
	t.Parallel()
	m := newManager(6*time.Second, 0) // 300 ms of last chance
	returned, cmd, lines := job(t, m, "stubborn")
	result := start(m)
	lines.want(t, "ready")
	m.Stop(nil)
	if err := <-returned; !errors.Is(err, shutdown.ErrCut) {
		t.Errorf("the actor returned %v, want that the job was cut", err)
	}
	if got := cmd.ProcessState.String(); got != "signal: killed" {
		t.Errorf("the child's end is %s, want that it was killed", got)
	}
	var stuck *shutdown.StuckError
	if err := <-result; errors.As(err, &stuck) {
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
	m := newManager(10*time.Second, 0) // 8 s for the job, and 500 ms of last chance
	returned, cmd, lines := job(t, m, "program")
	cmd.Stderr = nil
	result := start(m)
	lines.want(t, "ready")
	m.Stop(nil)
	lines.want(t, "file closed")
	if err := <-returned; !errors.Is(err, shutdown.ErrCut) || cmd.ProcessState.ExitCode() != 124 {
		t.Errorf("the actor returned %v, the child's end is %s; want that it was cut, and 124", err, cmd.ProcessState)
	}
	<-result
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
	m := newManager(time.Minute, 0)
	returned, cmd, lines := job(t, m, "stubborn")
	result := start(m)
	lines.want(t, "ready")
	m.Stop(nil)
	<-m.Context().Done()
	m.Signal(os.Interrupt)
	if err := <-returned; !errors.Is(err, shutdown.ErrCut) {
		t.Errorf("the actor returned %v, want that the job was cut", err)
	}
	if got := cmd.ProcessState.String(); got != "signal: killed" {
		t.Errorf("the child's end is %s, want that it was killed", got)
	}
	<-result
}

func TestCommand_cutShortSaysSoOnce(t *testing.T) {
	t.Parallel()
	m := newManager(time.Second, 0)
	returned, _, lines := job(t, m, "stubborn")
	result := start(m)
	lines.want(t, "ready")
	m.Stop(nil)
	if err := <-returned; strings.Count(err.Error(), "actors: Command") != 1 || strings.Count(err.Error(), "time was up") != 1 {
		t.Errorf("the actor returned %q, want each thing said once", err)
	}
	<-result
}
