package actors

import (
	"context"
	"errors"
	"fmt"
	"os/exec"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// Command returns an actor that runs cmd as a child process in a process group
// of its own, so that a Ctrl-C at the terminal, which goes to the whole
// foreground group, reaches the program only, and the child when its turn has
// come. It panics if cmd is nil.
//
// When the actor's context is cancelled, the child's group is sent SIGTERM, and
// SIGCONT after it, since a process that has been stopped (by reading from the
// terminal, for example) does not act on anything else. The actor waits for the
// child, and then for what the child leaves behind in its group. When
// [shutdown.Work] of the context ends first, the group is sent SIGKILL. If the
// context has ended already, the child is not started, and the actor returns nil.
//
// # A job
//
// A child that a stop should let finish is given shutdown.Work(ctx) instead:
//
//	err := actors.Command(exec.Command("pg_dump", "app"))(shutdown.Work(ctx))
//
// It hears of the stop only when the time for work is up: SIGTERM then, and
// SIGKILL at the end of the last chance, G/20 later, just before the actor would
// be left behind. A forced stop kills it at once. Who had to ask a job has been
// cut, whatever the child's status is, and so has who was to start one after
// that: an error says so.
//
// # Its end
//
// The child's exit is the actor's: nil for status 0, otherwise an error that
// wraps the *[exec.ExitError]. Death by the SIGTERM that the actor sent is
// success, and so is status 143 after it, by which shells and the JVM report the
// same; a death by its SIGKILL is not. A child that exits by itself, with whatever
// status, thus begins the stop; what it leaves behind in its group is then sent
// SIGTERM, and is a hold. Processes that have ended and that nobody has waited
// for (zombies, under a process 1 that does not reap) are nothing to wait for.
//
// A child that wants another signal is asked by cmd.Cancel:
//
//	cmd := exec.Command("postgres", "-D", dir)
//	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) } // fast shutdown
//
// It is called in place of the SIGTERM. Death by SIGINT, SIGQUIT or SIGHUP, and
// the status of shells for it, is success then, too. If it returns an error
// other than [os.ErrProcessDone], or panics, SIGTERM follows. One that blocks
// delays no SIGKILL.
//
// # Its files
//
// A Stdout or Stderr that is no *[os.File] is written to until all that the child
// has written is there, however slow that is; the work's end cuts it short, with
// an error. A grandchild that has left the group and holds the pipe open does not
// hang the actor: what comes 250 ms after the child's end, or cmd.WaitDelay if
// that is set, is not read any more. Readers of cmd.StdoutPipe and StderrPipe
// would lose what they have not read when the child ends, so these are refused:
// use a writer, such as that of an [io.Pipe]. A Stdin that is no file may go on for
// ever: it is not waited for. Input makes one that ends with a context, and its
// end by the stop is no failure. A panic of such a writer or reader ends only the
// copying; the actor returns it, once the child has ended, as the
// *[shutdown.PanicError] that it is.
//
// A child in a group of its own cannot read from the terminal, unless
// SysProcAttr.Foreground is set. After such a child the terminal is given back to
// the group that had it before, so that Ctrl-C reaches the program again.
//
// # Its surroundings
//
// The actor starts cmd in the directory and with the environment that it was
// given. A child that uses this module as well needs other numbers than its
// parent: SHUTDOWN_GRACE is set to what it will have from SIGTERM on (nine tenths
// of the time for work; half the grace under Keep; G/20 for a job), SHUTDOWN_DRAIN
// to 0s, and SHUTDOWN_REPORT is removed. Those of the three to which cmd.Env gives
// another value than the program's own environment stay as they are. The actor
// sets SysProcAttr to a copy that asks for a new group, unless it asks for a
// new session, which is one.
//
// Make cmd with [exec.Command]. [exec.CommandContext] kills the child without
// asking it first, and its children not at all, in the moment in which its
// context ends; with the actor's context that would be the beginning of the stop.
//
// On Windows a group can be sent nothing but CTRL_BREAK, and only one with the
// same console; Kill then ends the child alone. A cmd that has been started is
// an error.
func Command(cmd *exec.Cmd) func(ctx context.Context) error {
	must(cmd != nil, "Command", "nil command")
	return func(ctx context.Context) error {
		if cmd.Process != nil {
			return fmt.Errorf("actors: Command %q: already started", cmd.Path)
		}
		if ctx.Err() != nil {
			return notStarted(context.Cause(ctx))
		}
		c := &child{Cmd: cmd, exited: make(chan error, 1)}
		if err := c.start(ctx); err != nil {
			return fmt.Errorf("actors: Command: %w", err)
		}
		return c.run(ctx)
	}
}

// notStarted is the error of a child that was not started because of cause: none if
// nobody wants it any more, but a job that did not happen must not look done.
func notStarted(cause error) error {
	if errors.Is(cause, shutdown.ErrCut) || errors.Is(cause, shutdown.ErrForced) {
		return fmt.Errorf("actors: Command: not started: %w", cause)
	}
	return nil
}

// A child is a command with what belongs to its one life.
type child struct {
	*exec.Cmd
	cancel  func() error // asks it to end; nil for SIGTERM
	group   group
	input   *feed
	outputs []*output
	exited  chan error // receives what Wait returned
}

// run waits for the child, and asks it to end when ctx does.
func (c *child) run(ctx context.Context) error {
	work := shutdown.Work(ctx)
	if err, ended := c.endsBefore(ctx.Done()); ended {
		c.leaveGroup(ctx)
		return c.result(work, err)
	}
	if work.Err() == nil {
		return c.end(work)
	}
	chance, cancel := lastChance(shutdown.FromContext(ctx).Report())
	defer cancel()
	return cut(c.end(chance))
}
