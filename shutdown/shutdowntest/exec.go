package shutdowntest

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A Process is a program that [Exec] has started. Its methods may be called
// from any goroutine; those that can fail the test, like all that do, should be
// called from the test's own.
type Process struct {
	t        testing.TB
	cmd      *exec.Cmd
	printed  *output
	mark     string   // in its environment and in that of all it starts
	outputs  []string // what its pipes are called
	known    sync.Map // of those whom it has started and that were seen: who they are
	terminal *os.File // the person's end; nil without one
	began    time.Time
	grace    time.Duration // how long it may take to end when the test is over

	gone chan struct{} // closed when it has ended
	told chan struct{} // closed when, besides, all is known that it has left
	exit Exit          // valid once told is closed

	mu    sync.Mutex
	first os.Signal // guarded by mu: the first that the test has sent; nil if it has sent none
	asked time.Time // guarded by mu: when that was
}

// Exec starts cmd, a program in whatever language, and returns at once. The
// program is a process of its own, so signals, exit statuses and its children
// are the real ones:
//
//	p := shutdowntest.Exec(t, exec.Command("./shop", "-addr", "127.0.0.1:0"))
//	p.Line("listening")
//	p.Signal(syscall.SIGTERM)
//	p.Wait().Clean()
//
// Of cmd's standard output and error, what is nil is read for [Process.Line]
// and [Exit]. The program leads a process group of its own, unless cmd's
// SysProcAttr asks for a session or a group, so that [Process.CtrlC] can do what
// a terminal does. If cmd.Env is nil it gets the environment of the test but for
// what would change how it stops: SHUTDOWN_*, NOTIFY_SOCKET and JOURNAL_STREAM.
// [Env] adds variables. One is added in any case, by which its descendants are found.
//
// [Grace] and [Drain] are passed on as SHUTDOWN_GRACE and SHUTDOWN_DRAIN, which
// [shutdown.Main] reads. [Signal] sends a signal when so much real time has
// passed. [Terminal] gives the program a terminal. [At] is for functions that
// have a manager: Exec panics.
//
// Children are found on Linux in whatever group or session they are: by that variable,
// by who holds what is read here, and by who had started them when Line or Port last
// returned. A daemon that was one before that, has written over its environment and has
// closed its output is not found; nor is, on other systems, who has left the group.
//
// When the test ends, the program is asked to end by SIGTERM, if it runs, and
// so much time later as it has for that (Grace; without it 10 s, what docker
// stop waits) it is killed, which fails the test. What it has left behind is killed
// without a word: see [Exit.Children]. Exec ends the test if the program
// cannot be started.
func Exec(t testing.TB, cmd *exec.Cmd, opts ...Option) *Process {
	t.Helper()
	if cmd == nil {
		panic("shutdowntest: Exec: the command is nil")
	}
	plan := planOf(opts)
	p := &Process{t: t, cmd: cmd, mark: newMark(), grace: plan.stopTime(), gone: make(chan struct{}), told: make(chan struct{})}
	if cmd.WaitDelay == 0 {
		cmd.WaitDelay = 2 * slack // who has outlived it may hold a stream open that is copied
	}
	cmd.Env = slices.Concat(environment(cmd), plan.settings(), plan.env, []string{p.mark})
	p.connect(plan.terminal)
	p.nameOutputs()
	p.began = time.Now()
	err := cmd.Start()
	p.printed.started(err == nil)
	if err != nil {
		t.Fatalf("%s: %v", cmd, err)
	}
	go p.watch() // ends when the program has
	t.Cleanup(p.finish)
	plan.schedule(t, p.send)
	return p
}

// usualStop is how long a program may take that says nothing else: what docker
// stop waits.
const usualStop = 10 * time.Second

// stopTime is how long a program may take to end.
func (p *plan) stopTime() time.Duration {
	if p.manager.Grace > 0 {
		return p.manager.Grace + slack
	}
	return usualStop
}

// slack is what a machine that is busy may add to a time.
const slack = 250 * time.Millisecond

// settings are the plan's numbers as a program's environment.
func (p *plan) settings() (env []string) {
	if p.manager.Grace != 0 {
		env = append(env, fmt.Sprint("SHUTDOWN_GRACE=", p.manager.Grace))
	}
	if p.manager.Drain != 0 {
		env = append(env, fmt.Sprint("SHUTDOWN_DRAIN=", p.manager.Drain))
	}
	return env
}

// schedule sends the plan's signals in real time, until the test ends.
func (p *plan) schedule(t testing.TB, send func(os.Signal) error) {
	for _, moment := range p.moments {
		if moment.sig == nil {
			panic("shutdowntest: Exec: At needs a function with a manager; a process has none")
		}
		timer := time.AfterFunc(moment.at, func() { _ = send(moment.sig) }) // an error: it has ended already
		t.Cleanup(func() { timer.Stop() })
	}
}

// environment is that of cmd, with nothing of the test's that would change how
// a program stops.
func environment(cmd *exec.Cmd) []string {
	if cmd.Env != nil {
		return slices.Clone(cmd.Env)
	}
	return slices.DeleteFunc(os.Environ(), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return strings.HasPrefix(name, "SHUTDOWN_") || name == "NOTIFY_SOCKET" || name == "JOURNAL_STREAM"
	})
}

// newMark returns a variable that no other process has in its environment.
func newMark() string {
	return fmt.Sprintf("SHUTDOWNTEST_%d_%d=1", os.Getpid(), marks.Add(1))
}

var marks atomic.Int64

// connect gives the program what it has in place of a person's screen and
// keyboard, and a group or session of its own.
func (p *Process) connect(onTerminal bool) {
	p.printed = newOutput(p.t)
	if !onTerminal {
		ownGroup(p.cmd)
		p.printed.connect(&p.cmd.Stdout, &p.cmd.Stderr)
		return
	}
	screen, tty := openTerminal(p.t)
	p.terminal = screen
	connectTerminal(p.cmd, tty)
	p.printed.follow(screen, tty)
}

// watch notes how the program ends, and what it leaves.
func (p *Process) watch() {
	_ = p.cmd.Wait() // that it failed, or was killed, is for the test to judge
	ended := time.Now()
	close(p.gone)
	p.printed.settle()
	p.exit = Exit{Status: statusOfProcess(p.cmd.ProcessState), Ended: ended, Took: ended.Sub(p.reference()), t: p.t, process: p}
	p.exit.Children = p.left()
	p.exit.Stdout, p.exit.Stderr, p.exit.Output = p.printed.texts()
	close(p.told)
}

// reference is when the program was first sent a signal; if it never was, when
// it was started.
func (p *Process) reference() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.asked.IsZero() {
		return p.began
	}
	return p.asked
}

// Wait waits for the end of the program and returns what there is to know of
// it. It logs all that when the test fails. If the program has not ended when
// the time for all tests is nearly up, it is killed, SIGQUIT first, so that a Go
// program says where it hangs, and the test ends.
func (p *Process) Wait() *Exit {
	p.t.Helper()
	ctx, cancel := patience(p.t)
	defer cancel()
	select {
	case <-p.told:
	case <-ctx.Done():
		p.kill()
		p.t.Fatalf("%s has not ended, and the time for all tests is nearly up", p.cmd)
	}
	return &p.exit
}
