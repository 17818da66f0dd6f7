//go:build unix

package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// A world is how a program is started, where that is not as usual.
type world struct {
	script   string                     // run by sh, with the program as "$@"
	attr     func(*syscall.SysProcAttr) // changes how the process begins
	terminal bool                       // its standard streams are a terminal
	stdout   string                     // a file that is its standard output
}

// A program is one start of the program that is checked.
type program struct {
	s       settings // with {port} and {dir} replaced
	cmd     *exec.Cmd
	out     *output
	tree    *tree
	home    string // removed at the end: TMPDIR and what {dir} stands for
	began   time.Time
	up      time.Duration // how long it took until it was up
	idle    time.Duration // how long nothing had moved when that was noticed
	ended   chan struct{} // closed when the process has ended
	ending  ending        // valid from then on
	endedAt time.Time
	target  *target          // where requests go; nil if nothing answers
	listens []netip.AddrPort // when it was ready
	heard   int              // bytes of output when it was asked to stop
	ctx     context.Context
}

var starts atomic.Int64 // for marks that differ

// start starts the program in a session of its own.
func start(ctx context.Context, s settings, w world) (*program, error) {
	home, err := os.MkdirTemp("", "stopcheck-")
	if err != nil {
		return nil, err
	}
	p := &program{home: home, ctx: ctx, ended: make(chan struct{})}
	if err := p.begin(s, w); err != nil {
		os.RemoveAll(home)
		return nil, err
	}
	go func() { // ends with the process, which cleanUp kills
		_ = p.cmd.Wait()
		p.endedAt = time.Now()
		p.ending = endingOf(p.cmd.ProcessState)
		close(p.ended)
	}()
	return p, nil
}

func (p *program) begin(s settings, w world) (err error) {
	for _, dir := range []string{p.tmp(), filepath.Join(p.home, "dir")} {
		if err := os.Mkdir(dir, 0o777); err != nil {
			return err
		}
	}
	_ = os.Chmod(p.home, 0o755)                // for a program that becomes another user
	_ = os.Chmod(p.tmp(), 0o777|os.ModeSticky) // in the same way
	_ = os.Chmod(filepath.Join(p.home, "dir"), 0o777)
	if p.s, err = s.filledIn(filepath.Join(p.home, "dir")); err != nil {
		return err
	}
	args := p.s.command
	if w.script != "" {
		args = append([]string{"sh", "-c", w.script, "sh"}, args...)
	}
	p.cmd = exec.Command(args[0], args[1:]...)
	mark := fmt.Sprintf("STOPCHECK_START=%d.%d", os.Getpid(), starts.Add(1))
	p.cmd.Env = slices.Concat(os.Environ(), []string{"TMPDIR=" + p.tmp(), mark}, p.s.env)
	p.cmd.Dir = p.s.dir
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	closeAll, err := p.connect(w)
	defer closeAll()
	if err != nil {
		return err
	}
	if w.attr != nil {
		w.attr(p.cmd.SysProcAttr)
	}
	p.began = time.Now()
	if err := p.cmd.Start(); err != nil {
		p.out.close()
		return err
	}
	p.tree = newTree(p.cmd.Process.Pid, mark)
	go p.out.read() // ends when nobody writes any more, or cleanUp closes it
	return nil
}

// connect gives the program its standard streams. What it returns closes the
// program's ends, which are ours only until it has started.
func (p *program) connect(w world) (closeAll func(), err error) {
	var theirs *os.File
	if w.terminal {
		p.out, theirs, err = newTerminal()
		p.cmd.Stdin = theirs
		p.cmd.SysProcAttr.Setctty = true
	} else {
		p.out, theirs, err = newPipe(p.home)
	}
	if err != nil {
		return func() {}, err
	}
	p.cmd.Stdout, p.cmd.Stderr = theirs, theirs
	if w.stdout == "" {
		return func() { theirs.Close() }, nil
	}
	file, err := os.OpenFile(w.stdout, os.O_WRONLY, 0)
	if err != nil {
		p.out.close()
		return func() { theirs.Close() }, err
	}
	p.cmd.Stdout = file
	return func() { theirs.Close(); file.Close() }, nil
}

func (p *program) tmp() string { return filepath.Join(p.home, "tmp") }

// varies says whether each start has a port of its own by {port}.
func (s settings) varies() bool {
	return strings.Contains(strings.Join(slices.Concat(s.command, s.env, []string{s.url}), " "), "{port}")
}

// filledIn returns the settings with a free port for {port} and the directory
// for {dir}.
func (s settings) filledIn(dir string) (settings, error) {
	port := ""
	if s.varies() {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return s, err
		}
		_, port, _ = net.SplitHostPort(l.Addr().String())
		l.Close()
	}
	replace := strings.NewReplacer("{port}", port, "{dir}", dir).Replace
	all := func(in []string) []string {
		out := slices.Clone(in)
		for i := range out {
			out[i] = replace(out[i])
		}
		return out
	}
	s.command, s.env = all(s.command), all(s.env)
	s.url, s.ready = replace(s.url), replace(s.ready)
	return s, nil
}

// hasEnded says whether the process has ended.
func (p *program) hasEnded() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// gone waits for the end of the process, for at most d.
func (p *program) gone(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-p.ended:
		return true
	case <-timer.C:
	case <-p.ctx.Done():
	}
	return p.hasEnded()
}

// pause waits, but not for a program that has ended.
func (p *program) pause(d time.Duration) { p.gone(d) }
