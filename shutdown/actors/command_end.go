package actors

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// groupCheck is the pause between two looks at whether the children of a child
// that has exited are still there: they are not ours to wait for.
const groupCheck = 10 * time.Millisecond

// end asks the child and its group to end, and kills them when limit ends.
func (c *child) end(limit context.Context) error {
	panicked := c.ask(limit)
	err, ended := c.endsBefore(limit.Done())
	if !ended {
		kill(c.Cmd)
		return shortened(both(c.result(limit, <-c.exited), panicked))
	}
	c.awaitGroup(limit)
	if c.obeyed(err) {
		err = nil
	}
	return both(c.result(limit, err), panicked)
}

// endsBefore waits for the end of the child, until time is up. A child that has
// ended at that very moment has ended in time.
func (c *child) endsBefore(timeUp <-chan struct{}) (err error, ended bool) {
	select {
	case err = <-c.exited:
		return err, true
	case <-timeUp:
	}
	select {
	case err = <-c.exited:
		return err, true
	default:
		return nil, false
	}
}

// lastChance returns a context that ends before an actor is left behind whose
// time for work is up, just early enough for it to see the end of a child that is
// killed then. A child that uses this module has begun all that is registered with it
// by then: its own last call is at nineteen twentieths of the same time.
func lastChance(r shutdown.Report) (context.Context, context.CancelFunc) {
	chance := min(r.Grace/20, (r.Grace-r.Took)/2) * 24 / 25 // half of what is left for who had a slot to the last call
	if r.Forced {
		chance = 0
	}
	return context.WithTimeout(context.Background(), chance)
}

// cut returns the error of a job that had to be asked to end, and then ended
// with err.
func cut(err error) error {
	switch {
	case err == nil:
		return fmt.Errorf("actors: Command: asked to end: %w", shutdown.ErrCut)
	case errors.Is(err, shutdown.ErrCut):
		return err
	}
	return shortened(err)
}

// shortened returns the error of a child that ended with err because time was
// up; nil if it was just about to end. A panic remains one.
func shortened(err error) error {
	if err == nil || isPanic(err) {
		return err
	}
	return &cutShort{err}
}

// A cutShort is the error of a child that was ended because time was up. How it
// ended then is our doing, and no status of its own.
type cutShort struct{ err error }

func (e *cutShort) Error() string        { return fmt.Sprintf("actors: Command: time was up: %v", e.err) }
func (e *cutShort) Unwrap() error        { return e.err }
func (e *cutShort) Is(target error) bool { return target == shutdown.ErrCut }
func (e *cutShort) ExitCode() int        { return 1 }

// result is the error of a child whose Wait returned err: its own, and those of
// the writers of its output, for which it waits until limit ends, and of the
// reader of its input.
func (c *child) result(limit context.Context, err error) error {
	for _, o := range c.outputs {
		o.exited(c.WaitDelay)
	}
	for _, o := range c.outputs {
		if failed := o.await(limit); failed != errUnwritten || err == nil {
			err = both(err, failed)
		}
	}
	return both(err, c.input.failure())
}

// both joins the error of a child with one of its files. Of a panic the child's
// end is a consequence, and only by itself is it one to the manager.
func both(err, failed error) error {
	switch {
	case failed == nil, isPanic(err):
		return err
	case err == nil, isPanic(failed):
		return failed
	}
	return errors.Join(failed, err)
}

func isPanic(err error) bool {
	_, yes := err.(*shutdown.PanicError)
	return yes
}

// ask asks the child to end, and continues it if it has been stopped. It returns
// the panic of cmd.Cancel, if there was one.
func (c *child) ask(limit context.Context) error {
	defer resume(c.Cmd)
	if c.cancel == nil {
		terminate(c.Cmd)
		return nil
	}
	answered := make(chan error, 1) // buffered: one that comes too late ends as well
	go protect(c.cancel, func(err error) { answered <- err })
	select {
	case err := <-answered:
		return c.insist(err)
	case err := <-c.exited:
		c.exited <- err
	case <-limit.Done(): // a Cancel that blocks keeps nobody from being killed
	}
	return nil
}

// insist sends SIGTERM if cmd.Cancel has failed, with err.
func (c *child) insist(err error) error {
	if err != nil && !errors.Is(err, os.ErrProcessDone) {
		terminate(c.Cmd)
	}
	if isPanic(err) {
		return err
	}
	return nil
}

// leaveGroup sees to it that what is left of the group of a child ends, which
// nobody had asked to end.
func (c *child) leaveGroup(ctx context.Context) {
	if !c.group.alive() {
		return
	}
	terminate(c.Cmd)
	resume(c.Cmd)
	release, late := shutdown.FromContext(ctx).Hold("processes left behind by " + c.Path)
	if late != nil {
		c.awaitGroup(shutdown.Work(ctx))
		return
	}
	go func() { // ends with the group, or when work does
		defer release()
		c.awaitGroup(shutdown.Work(ctx))
	}()
}

// awaitGroup waits for what the child has left behind in its group, and kills
// it when limit ends.
func (c *child) awaitGroup(limit context.Context) {
	for c.group.alive() {
		select {
		case <-time.After(groupCheck):
		case <-limit.Done():
			kill(c.Cmd)
			return
		}
	}
}
