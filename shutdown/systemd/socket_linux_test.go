package systemd_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sys/unix"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/systemd"
)

// listen makes the socket address that systemd would have made.
func listen(t *testing.T, address string) *net.UnixConn {
	t.Helper()
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: address, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if deadline, ok := t.Deadline(); ok {
		conn.SetReadDeadline(deadline.Add(-time.Second))
	}
	return conn
}

// receive returns the next datagram.
func receive(t *testing.T, conn *net.UnixConn) string {
	t.Helper()
	buf := make([]byte, 4096)
	n, err := conn.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	return string(buf[:n])
}

// offer puts into the environment what systemd would.
func offer(t *testing.T, address string) {
	t.Helper()
	t.Setenv("NOTIFY_SOCKET", address)
	t.Setenv("WATCHDOG_USEC", "3600000000")
	t.Setenv("WATCHDOG_PID", fmt.Sprint(os.Getpid()))
}

// quiet returns a manager without signals and without a log.
func quiet() *shutdown.Manager {
	logger := zerolog.Nop()
	return &shutdown.Manager{Signals: []os.Signal{}, Logger: &logger}
}

func TestRealSockets(t *testing.T) {
	for name, address := range map[string]string{
		"path":     filepath.Join(t.TempDir(), "notify"),
		"abstract": fmt.Sprintf("@lastcall-test-%d", os.Getpid()),
	} {
		t.Run(name, func(t *testing.T) {
			conn := listen(t, address)
			offer(t, address)
			m := quiet()
			systemd.Notify(m)
			result := make(chan error, 1)
			go func() { result <- m.Run(context.Background()) }()

			seen := receive(t, conn) + receive(t, conn) // in whichever order
			if !strings.Contains(seen, "READY=1\nSTATUS=running") || !strings.Contains(seen, "WATCHDOG=1") {
				t.Errorf("systemd heard %q, want READY=1 and WATCHDOG=1", seen)
			}
			m.Signal(syscall.SIGTERM)
			if got, want := receive(t, conn), "STOPPING=1\nEXTEND_TIMEOUT_USEC="; !strings.HasPrefix(got, want) {
				t.Errorf("systemd heard %q, want it to begin with %q", got, want)
			}
			if err := <-result; err != nil {
				t.Errorf("Run = %v, want nil", err)
			}
		})
	}
}

func TestNotify_takesTheEnvironmentFromTheChildren(t *testing.T) {
	address := filepath.Join(t.TempDir(), "notify")
	conn := listen(t, address)
	offer(t, address)
	m := quiet()
	systemd.Notify(m)
	out, err := exec.Command("env").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"} {
		if strings.Contains(string(out), name) {
			t.Errorf("a child process inherits %s", name)
		}
	}
	systemd.Notify(quietlyRun(t)) // the second call: tells nobody
	m.Stop(nil)
	if err := m.Run(context.Background()); err != nil {
		t.Errorf("Run = %v, want nil", err)
	}
	ready := 0
	for message := ""; !strings.Contains(message, "STOPPING=1"); {
		message = receive(t, conn)
		ready += strings.Count(message, "READY=1")
	}
	if ready != 1 {
		t.Errorf("systemd heard READY=1 %d times, want once", ready)
	}
}

// quietlyRun returns a manager that has run to its end.
func quietlyRun(t *testing.T) *shutdown.Manager {
	t.Helper()
	m := quiet()
	m.Stop(nil)
	if err := m.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestNobodyListening_isNoError(t *testing.T) {
	for name, address := range map[string]string{
		"unset":       "",
		"absent":      filepath.Join(t.TempDir(), "absent"),
		"abstract":    "@lastcall-test-absent",
		"too long":    "/" + strings.Repeat("x", 200),
		"vsock":       "vsock:2:1234",
		"no address":  "notify",
		"a directory": t.TempDir(),
	} {
		t.Run(name, func(t *testing.T) {
			offer(t, address)
			m := quiet()
			n := systemd.Notify(m)
			m.Stop(nil)
			if err := m.Run(context.Background()); err != nil {
				t.Errorf("Run = %v, want nil", err)
			}
			if err := n.Reload(func() error { return nil }); err != nil {
				t.Errorf("Reload = %v, want nil", err)
			}
			if value, set := os.LookupEnv("NOTIFY_SOCKET"); set {
				t.Errorf("NOTIFY_SOCKET is still %q, want it removed", value)
			}
		})
	}
}

func TestFullSocket_isFilledLater(t *testing.T) {
	address := filepath.Join(t.TempDir(), "notify")
	conn := listen(t, address)
	filler := fill(t, address)
	offer(t, address)
	m := quiet()
	systemd.Notify(m)
	m.Go("server", untilStopped)
	result := make(chan error, 1)
	go func() { result <- m.Run(context.Background()) }()

	for range filler {
		if got := receive(t, conn); got != "filler" {
			t.Fatalf("systemd heard %q, want what had filled the socket", got)
		}
	}
	if got, want := receive(t, conn), "READY=1\nSTATUS=running"; got != want { // a ping was dropped
		t.Errorf("systemd heard %q, want %q", got, want)
	}
	m.Stop(nil)
	if err := <-result; err != nil {
		t.Errorf("Run = %v, want nil", err)
	}
}

func TestFullSocket_delaysNoStop(t *testing.T) {
	address := filepath.Join(t.TempDir(), "notify")
	listen(t, address)
	fill(t, address)
	offer(t, address)
	m := quiet()
	m.Grace = time.Hour // a listener that blocks would be waited for until then
	systemd.Notify(m)
	m.Stop(nil)
	if err := m.Run(context.Background()); err != nil {
		t.Errorf("Run = %v, want nil", err)
	}
}

// fill fills the socket at address and returns with how many datagrams.
func fill(t *testing.T, address string) (filler int) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	for {
		err := unix.Sendto(fd, []byte("filler"), 0, &unix.SockaddrUnix{Name: address})
		if errors.Is(err, unix.EAGAIN) {
			return filler
		}
		if err != nil {
			t.Fatal(err)
		}
		filler++
	}
}

func TestMonotonic_isTheKernelsClock(t *testing.T) {
	before := systemd.Monotonic()
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		t.Fatal(err)
	}
	after := systemd.Monotonic()
	if at := time.Duration(now.Nano()); at < before || at > after {
		t.Errorf("the kernel's clock says %v, want it between %v and %v", at, before, after)
	}
}
