package actors

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"reflect"
	"time"
)

// outputDelay is how long the output of a child that has exited is still read
// if somebody else holds the pipe open.
const outputDelay = 250 * time.Millisecond

// start starts the child and everything that serves it. Afterwards the
// command's fields are as they were given, but for SysProcAttr and WaitDelay.
func (c *child) start(ctx context.Context) error {
	stdin, stdout, stderr, env, cancel := c.Stdin, c.Stdout, c.Stderr, c.Env, c.Cancel
	defer func() { c.Stdin, c.Stdout, c.Stderr, c.Env, c.Cancel = stdin, stdout, stderr, env, cancel }()
	c.prepare(ctx)
	theirs, err := c.plumb(ctx)
	defer closeAll(theirs)
	if err != nil {
		return errors.Join(err, c.unplug())
	}
	giveBack := terminalOf(c.SysProcAttr)
	if err := c.Cmd.Start(); err != nil {
		giveBack(0)
		return errors.Join(err, c.unplug())
	}
	c.group.id = c.Process.Pid
	c.serve()
	go func() { // ends with the child
		err := c.Wait()
		giveBack(c.group.id)
		if errors.Is(err, exec.ErrWaitDelay) {
			err = nil
		}
		c.exited <- err
	}()
	return nil
}

// prepare sets what a child is started with beyond what was given.
func (c *child) prepare(ctx context.Context) {
	if readsPipe(c.Cmd) {
		c.Err = errors.New("StdoutPipe and StderrPipe lose what has not been read when the child ends: " +
			"set Stdout and Stderr to writers, such as an io.Pipe's") // Start returns it and closes the pipes
	}
	c.SysProcAttr = inOwnGroup(c.SysProcAttr)
	if c.WaitDelay == 0 {
		c.WaitDelay = outputDelay
	}
	c.Env = c.environment(ctx)
	if !fromContext(c.Cmd) {
		c.cancel, c.Cancel = c.Cancel, nil // Start refuses it
	}
}

// plumb makes a pipe for each of the command's files that is none, in place of
// os/exec, whose Wait gives a writer a fixed time after the child's end, however
// much there is to write, and waits for a reader without a bound. It returns the
// child's ends.
func (c *child) plumb(ctx context.Context) (theirs []*os.File, err error) {
	stdout, stderr := c.Stdout, c.Stderr
	if r := c.Stdin; r != nil && !isFile(r) {
		end, ours, err := os.Pipe()
		if err != nil {
			return theirs, err
		}
		c.Stdin, c.input, theirs = end, &feed{ctx: ctx, from: r, to: ours}, append(theirs, end)
	}
	for _, w := range []*io.Writer{&c.Stdout, &c.Stderr} {
		if *w == nil || isFile(*w) {
			continue
		}
		if w == &c.Stderr && same(stdout, stderr) { // one pipe, so that neither overtakes the other
			c.Stderr = c.Stdout
			continue
		}
		ours, end, err := os.Pipe()
		if err != nil {
			return theirs, err
		}
		c.outputs = append(c.outputs, &output{from: ours, to: *w, over: make(chan struct{})})
		*w, theirs = end, append(theirs, end)
	}
	return theirs, nil
}

// unplug closes our ends of the pipes of a child that could not be started.
func (c *child) unplug() error {
	var errs []error
	if c.input != nil {
		errs = append(errs, c.input.to.Close())
	}
	for _, o := range c.outputs {
		errs = append(errs, o.from.Close())
	}
	return errors.Join(errs...)
}

// serve copies what goes to the child and comes from it.
func (c *child) serve() {
	if c.input != nil {
		go c.input.copy() // ends with its reader, or with the first write after the child
	}
	for _, o := range c.outputs {
		go o.copy() // ends with the pipe; who waits for it has a bound
	}
}

func closeAll(files []*os.File) {
	for _, f := range files {
		_ = f.Close()
	}
}

func isFile(v any) bool {
	_, ok := v.(*os.File)
	return ok
}

// same reports whether two writers are one.
func same(a, b io.Writer) bool {
	return reflect.ValueOf(a).Comparable() && reflect.ValueOf(b).Comparable() && a == b
}

// The two facts about a command that os/exec does not tell. Should its fields
// change their names, tests fail.

// readsPipe reports whether somebody reads what StdoutPipe or StderrPipe of cmd
// returned: the child's ends of such pipes are among those that Start closes.
func readsPipe(cmd *exec.Cmd) bool {
	closed := reflect.ValueOf(cmd).Elem().FieldByName("childIOFiles")
	for i := range length(closed) {
		end := closed.Index(i).Elem().Pointer()
		for _, w := range []io.Writer{cmd.Stdout, cmd.Stderr} {
			if isFile(w) && reflect.ValueOf(w).Pointer() == end {
				return true
			}
		}
	}
	return false
}

// fromContext reports whether cmd was made by exec.CommandContext, which sees
// to its Cancel itself.
func fromContext(cmd *exec.Cmd) bool {
	ctx := reflect.ValueOf(cmd).Elem().FieldByName("ctx")
	return ctx.IsValid() && !ctx.IsNil()
}

func length(v reflect.Value) int {
	if !v.IsValid() {
		return 0
	}
	return v.Len()
}
