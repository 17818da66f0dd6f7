package pty

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A Terminal is a new terminal: its Screen is the person's end, TTY that of
// programs. Both are closed at the end of the test.
type Terminal struct {
	Screen, TTY *os.File
}

// Open makes a terminal. It skips the test where there are none.
func Open(t *testing.T) *Terminal {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no terminals here: %v", err)
	}
	t.Cleanup(func() { screen.Close() })
	if deadline, ok := t.Deadline(); ok {
		check(t, screen.SetDeadline(deadline.Add(-time.Until(deadline)/20))) // a test that hangs then says which it is
	}
	raw, err := screen.SyscallConn() // not Fd, which would make reading uninterruptible
	check(t, err)
	var n int
	check(t, raw.Control(func(fd uintptr) {
		check(t, unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0)) // unlock it
		n, err = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
	}))
	check(t, err)
	tty, err := os.OpenFile(fmt.Sprint("/dev/pts/", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no terminals here: %v", err)
	}
	t.Cleanup(func() { tty.Close() })
	return &Terminal{screen, tty}
}

// Start starts cmd with the terminal as its controlling one and as its standard
// input, output and error, as far as these are not set. The programs' end is
// then theirs alone: reading the screen fails when the last has ended.
func (p *Terminal) Start(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if cmd.Stdin == nil {
		cmd.Stdin = p.TTY
	}
	if cmd.Stdout == nil {
		cmd.Stdout = p.TTY
	}
	if cmd.Stderr == nil {
		cmd.Stderr = p.TTY
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 0}
	check(t, cmd.Start())
	check(t, p.TTY.Close())
	t.Cleanup(func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }) // what a failed test has left
}

// Type types text.
func (p *Terminal) Type(t *testing.T, text string) {
	t.Helper()
	_, err := p.Screen.WriteString(text)
	check(t, err)
}

// Await reads what is shown until that contains text, and returns it.
func (p *Terminal) Await(t *testing.T, text string) string {
	t.Helper()
	var shown strings.Builder
	buffer := make([]byte, 4096)
	for !strings.Contains(shown.String(), text) {
		n, err := p.Screen.Read(buffer)
		shown.Write(buffer[:n])
		if err != nil {
			t.Fatalf("the terminal ended (%v) before it showed %q; it showed %q", err, text, shown.String())
		}
	}
	return shown.String()
}

// Rest returns what is shown until the last program has ended.
func (p *Terminal) Rest() string {
	var shown strings.Builder
	buffer := make([]byte, 4096)
	for {
		n, err := p.Screen.Read(buffer)
		shown.Write(buffer[:n])
		if err != nil { // EIO: no program has it open any more
			return shown.String()
		}
	}
}

// Echoes reports whether what is typed is shown.
func (p *Terminal) Echoes(t *testing.T) bool {
	t.Helper()
	raw, err := p.Screen.SyscallConn()
	check(t, err)
	var settings *unix.Termios
	check(t, raw.Control(func(fd uintptr) { settings, err = unix.IoctlGetTermios(int(fd), unix.TCGETS) }))
	check(t, err)
	return settings.Lflag&unix.ECHO != 0
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
