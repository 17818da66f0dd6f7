package shutdowntest

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// hangUp is what the closing of a terminal means.
const hangUp = syscall.SIGHUP

// openTerminal returns the two ends of a new terminal of the usual size: the
// person's and that of programs.
func openTerminal(t testing.TB) (screen, tty *os.File) {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0) // so that a read can be ended
	if err != nil {
		t.Skipf("no terminals here: %v", err)
	}
	t.Cleanup(func() { screen.Close() })
	tty, err = otherEnd(screen)
	if err != nil {
		t.Skipf("no terminals here: %v", err)
	}
	return screen, tty
}

func otherEnd(screen *os.File) (tty *os.File, err error) {
	conn, err := screen.SyscallConn() // Fd would make reads wait for ever
	if err != nil {
		return nil, err
	}
	controlErr := conn.Control(func(fd uintptr) { tty, err = openOther(int(fd)) })
	if controlErr != nil {
		return nil, controlErr
	}
	return tty, err
}

func openOther(screen int) (*os.File, error) {
	if err := unix.IoctlSetPointerInt(screen, unix.TIOCSPTLCK, 0); err != nil { // unlock it
		return nil, err
	}
	if err := unix.IoctlSetWinsize(screen, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 80}); err != nil {
		return nil, err
	}
	number, err := unix.IoctlGetInt(screen, unix.TIOCGPTN)
	if err != nil {
		return nil, err
	}
	return os.OpenFile(fmt.Sprint("/dev/pts/", number), os.O_RDWR|unix.O_NOCTTY, 0)
}

// connectTerminal makes tty the controlling terminal of the program, and each of
// its standard streams that is nil.
func connectTerminal(cmd *exec.Cmd, tty *os.File) {
	attr := attributesOf(cmd)
	attr.Setsid, attr.Setctty, attr.Setpgid = true, true, false
	switch {
	case cmd.Stdin == nil:
		attr.Ctty = 0
	case cmd.Stdout == nil:
		attr.Ctty = 1
	case cmd.Stderr == nil:
		attr.Ctty = 2
	default:
		panic("shutdowntest: Exec: a Terminal, and none of the standard streams is left for it")
	}
	if cmd.Stdin == nil {
		cmd.Stdin = tty
	}
	if cmd.Stdout == nil {
		cmd.Stdout = tty
	}
	if cmd.Stderr == nil {
		cmd.Stderr = tty
	}
}
