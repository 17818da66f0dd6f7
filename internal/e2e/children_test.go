//go:build unix

package e2e_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/actors"
)

// The children hold the pipe to the test open: that a program's last word has
// been heard means that they are gone, too.

func TestChildOfTheSameGroupDiesOfTheSameCtrlC(t *testing.T) {
	t.Parallel()
	p := start(t, "a plain child")
	p.await("child is ready")
	p.ctrlC()
	p.ends(exit(0), grace)
	p.said("child: interrupt", "child ended: <nil>", "finalizer")
}

func TestCommandIsSparedTheCtrlCAndAskedInItsTurn(t *testing.T) {
	t.Parallel()
	p := start(t, "a child by Command")
	p.await("child is ready")
	p.ctrlC()
	p.ends(exit(0), grace)
	p.said("child: terminated", "finalizer")
}

// It is not parallel: those that spin would keep the end of the child from being
// seen in time.
func TestCommandThatIgnoresSIGTERMIsKilledInTime(t *testing.T) {
	p := start(t, "a child that ignores SIGTERM", with("SHUTDOWN_GRACE=5s")) // a twentieth of it is for the end of the killed child
	p.await("child is ready")
	p.signal(syscall.SIGTERM)
	p.ends(exit(1), 5*time.Second)
	p.said("finalizer")
	p.prints("signal: killed")
}

func TestGrandchildrenThatIgnoreSIGTERMAreKilledInTime(t *testing.T) {
	t.Parallel()
	p := start(t, "grandchildren that ignore SIGTERM")
	p.await("child is ready")
	p.signal(syscall.SIGTERM)
	p.ends(exit(0), grace)
	p.said("finalizer")
}

func TestGrandchildThatKeepsTheOutputOpenDelaysNobody(t *testing.T) {
	t.Parallel()
	p := start(t, "a grandchild that keeps the output open")
	p.await("child is ready")
	p.signal(syscall.SIGTERM)
	p.ends(exit(0), grace/2)
	p.said("finalizer")
}

func TestCommandThatFailsPassesItsStatusOn(t *testing.T) {
	t.Parallel()
	p := start(t, "a child that fails")
	p.ends(exit(7), grace)
	p.said("finalizer")
}

var childPrograms = programs{
	"a plain child": func() {
		shutdown.Register("finalizer", closes("finalizer"))
		shutdown.Main(func(ctx context.Context) error {
			say("child ended: %v", themselves("child").Run())
			<-ctx.Done()
			return nil
		})
	},
	"a child by Command":                func() { withChild(themselves("child")) },
	"a child that ignores SIGTERM":      func() { withChild(themselves("deaf child")) },
	"a child that fails":                func() { withChild(shell(`exit 7`)) },
	"grandchildren that ignore SIGTERM": func() { withChild(shell(`(trap "" TERM; echo child is ready >&3; sleep 600) & wait`)) },
	"a grandchild that keeps the output open": func() {
		withChild(shell(`setsid sh -c 'echo child is ready >&3; exec sleep 3 3>&-' & exec sleep 600 3>&-`))
	},

	"child": func() {
		asked := make(chan os.Signal, 1)
		signal.Notify(asked, syscall.SIGINT, syscall.SIGTERM)
		say("child is ready")
		say("child: %v", <-asked)
		os.Exit(0)
	},
	"deaf child": func() {
		signal.Ignore(syscall.SIGTERM)
		say("child is ready")
		forever()
	},
}

// withChild is a program that runs a child and reads what that prints.
func withChild(child *exec.Cmd) {
	child.Stdout = new(bytes.Buffer) // a pipe, and somebody who reads it to its end
	shutdown.Register("finalizer", closes("finalizer"))
	shutdown.Main(actors.Command(child))
}

// themselves is the test binary as a program's child.
func themselves(program string) *exec.Cmd {
	self, _ := os.Executable()
	return talking(exec.Command(self), programVariable+"="+program)
}

func shell(script string) *exec.Cmd { return talking(exec.Command("sh", "-c", script)) }

// talking gives cmd the pipe to the test.
func talking(cmd *exec.Cmd, env ...string) *exec.Cmd {
	cmd.Env = append(os.Environ(), env...)
	cmd.ExtraFiles = []*os.File{toTest}
	return cmd
}
