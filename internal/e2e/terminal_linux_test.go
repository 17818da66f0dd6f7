package e2e_test

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestClosedTerminalStopsTheProgramInOrder(t *testing.T) {
	t.Parallel()
	screen, tty := terminal(t)
	p := start(t, "chatty", onTerminal(tty))
	tty.Close()
	p.await("ready")
	p.request()
	screen.Close() // SIGHUP for the program, and EIO whenever it writes
	p.ends(exit(0), grace)
	p.said("newest", "input/output error", "oldest")
}

func TestCtrlCOnATerminalSaysHowToInsist(t *testing.T) {
	t.Parallel()
	screen, tty := terminal(t)
	p := start(t, "cut short with three finalizers", onTerminal(tty))
	tty.Close()
	shown := make(chan string, 1)
	go func() { // ends when the program has: it is the terminal's last user
		text, _ := io.ReadAll(screen)
		shown <- string(text)
	}()
	p.await("ready")
	p.request()
	_, err := screen.WriteString("\x03") // Ctrl-C
	check(t, err)
	p.ends(diesBy(syscall.SIGINT), grace)
	p.said("newest", "slow", "oldest")
	if text := <-shown; !strings.Contains(text, "press Ctrl-C again to exit now") {
		t.Errorf("nothing on the terminal says how to insist: %q", text)
	}
}

// terminal returns the two ends of a new terminal: the person's and that of
// programs.
func terminal(t *testing.T) (screen, tty *os.File) {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no terminals here: %v", err)
	}
	t.Cleanup(func() { screen.Close() })
	fd := int(screen.Fd())
	check(t, unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)) // unlock it
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	check(t, err)
	tty, err = os.OpenFile(fmt.Sprint("/dev/pts/", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no terminals here: %v", err)
	}
	t.Cleanup(func() { tty.Close() })
	return screen, tty
}

// onTerminal makes tty the controlling terminal of the program, and its
// standard input, output and error.
func onTerminal(tty *os.File) option {
	return func(_ *testing.T, cmd *exec.Cmd) {
		cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, tty
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	}
}
