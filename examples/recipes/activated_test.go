//go:build unix

package recipes

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// The test is its own child here, started as systemd would: descriptor 3 is a
// socket, and LISTEN_PID is the child's own number.
func TestActivated_findsTheSocketsOfSystemd(t *testing.T) {
	if os.Getenv("LISTEN_PID") != "" {
		listeners, err := activated()
		check(t, err)
		for _, ln := range listeners {
			fmt.Println("has", ln.Addr())
		}
		return
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	defer ln.Close()
	socket, err := ln.(*net.TCPListener).File()
	check(t, err)
	defer socket.Close()
	child := exec.Command("sh", "-c", `LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" -test.run "^TestActivated"`, os.Args[0])
	child.ExtraFiles = []*os.File{socket}
	out, err := child.CombinedOutput()
	if want := fmt.Sprintln("has", ln.Addr()); err != nil || !strings.Contains(string(out), want) {
		t.Errorf("the child said %q, %v; want %q", out, err, want)
	}
}

func TestActivated_leavesSocketsOfOthersAlone(t *testing.T) {
	t.Setenv("LISTEN_PID", "1")
	t.Setenv("LISTEN_FDS", "1")
	if listeners, err := activated(); listeners != nil || err != nil {
		t.Errorf("activated() = %v, %v; want nothing", listeners, err)
	}
}
