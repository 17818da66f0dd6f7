package actors

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

const (
	// outputDelay is how long the output of a child that has exited is still
	// read if somebody else holds the pipe open. A pipe holds 64 KiB, which are
	// read in less than a millisecond unless cmd.Stdout itself blocks.
	outputDelay = 250 * time.Millisecond

	// groupCheck is the pause between two looks at whether the children of a
	// child that has exited are still there: they are not ours to wait for.
	groupCheck = 10 * time.Millisecond
)

// Command returns an actor that runs cmd as a child process in a process group
// of its own, so that a Ctrl-C at the terminal, which goes to the whole
// foreground group, reaches the program only, and the child when its turn has
// come. It panics if cmd is nil.
//
// When the actor's context is cancelled, the child's group is sent SIGTERM. The
// actor waits for the child, and then for what the child leaves behind in its
// group. When [shutdown.Work] of the context ends first, the group is sent
// SIGKILL. If the context has ended already, the child is not started.
//
// The child's exit is the actor's: nil for status 0, otherwise an
// *[exec.ExitError]. Death by the SIGTERM that the actor sent is success, and so
// is status 143 after it, by which shells and the JVM report the same; a death
// by its SIGKILL is not. A child that exits by itself, with whatever status, thus
// begins the stop; what it leaves behind in its group is then sent SIGTERM, and
// is a hold.
//
// The actor starts cmd with the environment, directory and files that it was
// given, and sets three things: SysProcAttr to a copy that asks for a new group
// (unless it asks for a new session, which is one), and WaitDelay, if that is 0,
// to 250 ms, so that a grandchild that has left the group and holds an output
// pipe open does not hang the actor. A child in a group of its own cannot
// read from the terminal, unless SysProcAttr.Foreground is set.
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
			return nil
		}
		return runCommand(ctx, cmd)
	}
}

func runCommand(ctx context.Context, cmd *exec.Cmd) error {
	cmd.SysProcAttr = inOwnGroup(cmd.SysProcAttr)
	if cmd.WaitDelay == 0 {
		cmd.WaitDelay = outputDelay
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("actors: Command: %w", err)
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }() // ends with the child
	select {
	case err := <-exited:
		return leaveGroup(ctx, cmd, exit(err))
	case <-ctx.Done():
		return endCommand(shutdown.Work(ctx), cmd, exited)
	}
}

// exit is the error of a child that ended with err. Output that somebody else
// may still produce is not the child's.
func exit(err error) error {
	if errors.Is(err, exec.ErrWaitDelay) {
		return nil
	}
	return err
}

// endCommand asks the child and its group to end, and kills them when work ends.
func endCommand(work context.Context, cmd *exec.Cmd, exited <-chan error) error {
	terminate(cmd)
	select {
	case err := <-exited:
		awaitGroup(work, cmd)
		if err = exit(err); terminated(err) {
			return nil
		}
		return err
	case <-work.Done():
		kill(cmd)
		if err := exit(<-exited); err != nil {
			return fmt.Errorf("actors: Command: time was up: %w", err)
		}
		return nil // it was just about to
	}
}

// leaveGroup returns err, the exit of a child that nobody asked to end, and
// sees to it that what is left of its group ends too.
func leaveGroup(ctx context.Context, cmd *exec.Cmd, err error) error {
	if !groupAlive(cmd) {
		return err
	}
	terminate(cmd)
	end := func() { awaitGroup(shutdown.Work(ctx), cmd) }
	release, late := shutdown.FromContext(ctx).Hold("processes left behind by " + cmd.Path)
	if late != nil {
		end()
		return err
	}
	go func() { // ends with the group, or when work does
		defer release()
		end()
	}()
	return err
}

// awaitGroup waits for what the child has left behind in its group, and kills
// it when work ends.
func awaitGroup(work context.Context, cmd *exec.Cmd) {
	for groupAlive(cmd) {
		select {
		case <-time.After(groupCheck):
		case <-work.Done():
			kill(cmd)
			return
		}
	}
}
