package shutdowntest

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"time"
)

// errUnsendable is that of a signal that the system cannot send.
var errUnsendable = errors.New("this system cannot send it")

// Signal sends sig to the program, and not to what it has started. On Windows
// os.Interrupt is sent as CTRL_BREAK, and a test that sends any other signal
// than that and os.Kill is skipped. A program that has ended already fails the
// test.
func (p *Process) Signal(sig os.Signal) {
	p.t.Helper()
	p.check(p.send(sig), sig)
}

// SignalGroup sends sig to the program and to all that it has started and that
// has stayed in its process group, as shells and supervisors do (timeout(1),
// systemd). If cmd's SysProcAttr puts the program into the group of another, it
// is Signal.
func (p *Process) SignalGroup(sig os.Signal) {
	p.t.Helper()
	p.note(sig)
	p.check(sendGroup(p.cmd, sig), sig)
}

// CtrlC does what a terminal does when a person presses Ctrl-C. With [Terminal]
// it is pressed there: SIGINT for the group in the foreground, if the program has
// not switched that off. Without, SIGINT is sent to the program's group.
func (p *Process) CtrlC() {
	p.t.Helper()
	if p.terminal == nil {
		p.SignalGroup(os.Interrupt)
		return
	}
	p.note(os.Interrupt)
	p.typed("\x03")
}

// Type types text on the program's terminal. The keys of a terminal are
// characters: "\n", "\x03" (Ctrl-C), "\x04" (Ctrl-D), "\x1a" (Ctrl-Z), "\x1c"
// (Ctrl-\). Only CtrlC counts as a signal for [Exit.Took]. Type ends the test
// if the program has no [Terminal], or takes in nothing until the time for all
// tests is nearly up.
func (p *Process) Type(text string) {
	p.t.Helper()
	p.typed(text)
}

func (p *Process) typed(text string) {
	p.t.Helper()
	if p.terminal == nil {
		p.t.Fatalf("%s has no terminal to type on: use the option Terminal", p.cmd)
	}
	if left := timeLeft(p.t); left < forEver {
		_ = p.terminal.SetWriteDeadline(time.Now().Add(left)) // which terminals have
	}
	if _, err := p.terminal.WriteString(text); err != nil {
		p.t.Fatalf("%s: typing on its terminal: %v", p.cmd, err)
	}
}

// HangUp closes the program's terminal, as the end of an SSH connection does:
// the program gets SIGHUP, and an error whenever it reads or writes there. What
// it has printed by then that was not read yet is lost.
func (p *Process) HangUp() {
	p.t.Helper()
	if p.terminal == nil {
		p.t.Fatalf("%s has no terminal to close: use the option Terminal", p.cmd)
	}
	p.note(hangUp)
	p.terminal.Close()
}

// Pid returns the number of the process.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Ended is closed when the program has ended.
func (p *Process) Ended() <-chan struct{} { return p.gone }

// Line waits until the program has printed a whole line that contains text,
// and that no earlier call has returned, and returns it. Lines before it can
// still be waited for: nothing is known about the order of standard output and
// error. Line ends the test, with all that was printed, when the program ends, or closes
// its output, without such a line, or when the time for all tests is nearly up.
func (p *Process) Line(text string) string {
	p.t.Helper()
	return p.await(text, func(l *line) bool { return l.whole && bytes.Contains(l.text, []byte(text)) })
}

// Prompt is Line for what ends without an end of line, such as a question to a
// person: it returns as soon as text is there.
func (p *Process) Prompt(text string) string {
	p.t.Helper()
	return p.await(text, func(l *line) bool { return bytes.Contains(l.text, []byte(text)) })
}

func (p *Process) await(text string, fits func(*line) bool) string {
	p.t.Helper()
	ctx, cancel := patience(p.t)
	defer cancel()
	found, ok := p.printed.take(fits, ctx.Done())
	if ok {
		p.remember()
		return found
	}
	_, _, all := p.printed.texts()
	p.t.Fatalf("%s %s printed %q, only:\n%s", p.cmd, p.whyNot(ctx), text, abridged(all))
	return ""
}

// whyNot says why there will be no line any more.
func (p *Process) whyNot(ctx context.Context) string {
	switch {
	case ctx.Err() != nil && !p.printed.isOver():
		return "has in all the time that there is not"
	case p.endsIn(slack): // its output may have ended a moment before it
		return "has ended and not"
	case len(p.printed.ours) == 0:
		return "prints where Exec does not read (cmd.Stdout and cmd.Stderr are set): it has not"
	}
	return "has closed its output and not"
}

// Port waits until somebody accepts TCP connections at addr ("127.0.0.1:8080").
// It tries again and again, since no system tells when that begins, and closes
// the connection that it gets. Port ends the test when the program has ended
// before, or when the time for all tests is nearly up. Whoever else listens
// there is taken for the program: choose a port of its own, or let it print one
// that the system chooses.
func (p *Process) Port(addr string) {
	p.t.Helper()
	ctx, cancel := patience(p.t)
	defer cancel()
	if err := accepts(ctx, addr, p.gone); err != nil {
		_, _, all := p.printed.texts()
		p.t.Fatalf("%s does not listen at %s: %v; it printed:\n%s", p.cmd, addr, err, abridged(all))
	}
	p.remember()
}

// accepts waits until connections are accepted at addr.
func accepts(ctx context.Context, addr string, ended <-chan struct{}) error {
	for {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-time.After(portInterval):
		case <-ended:
			return errors.New("it has ended")
		case <-ctx.Done():
			return err
		}
	}
}

// portInterval is the time between two tries to connect.
const portInterval = 5 * time.Millisecond

// send sends a signal and notes when it was the first.
func (p *Process) send(sig os.Signal) error {
	p.note(sig)
	return send(p.cmd, sig)
}

// note notes that the program is sent a signal now.
func (p *Process) note(sig os.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.first == nil {
		p.asked, p.first = time.Now(), sig
	}
}

func (p *Process) firstSignal() os.Signal {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.first
}

// check judges an attempt to send sig.
func (p *Process) check(err error, sig os.Signal) {
	p.t.Helper()
	switch {
	case errors.Is(err, errUnsendable):
		p.t.Skipf("%v: %v", sig, err)
	case err != nil:
		p.t.Errorf("%s: sending it %v: %v", p.cmd, sig, err)
	}
}
