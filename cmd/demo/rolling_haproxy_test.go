//go:build unix

package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed7e043c35/lastcall/shutdown/shutdowntest"
)

// A haproxy is a real one, in a process of its own.
type haproxy struct {
	*shutdowntest.Process
	t            *testing.T
	front, admin string // addresses
}

// It tries nothing twice either: no retries, no redispatch. What it is to listen
// on it inherits. With timeouts this long it gives up on nobody who is slow.
const haproxyConfig = `
global
	stats socket fd@4 level admin
defaults
	mode http
	retries 0
	timeout connect 10s
	timeout client 10m
	timeout server 10m
	timeout check 10s
frontend clients
	bind fd@3
	default_backend replicas
backend replicas
	balance roundrobin
	option httpchk
	http-check send meth GET uri /readyz
	http-check expect status 200
	default-server check inter %dms fall 1 rise 1
	server replica0 %s
	server replica1 %s
`

func startHAProxy(t *testing.T, replicas [2]string) proxy {
	t.Helper()
	program := haproxyProgram()
	if program == "" {
		t.Skip("haproxy is not installed: not tested behind it")
	}
	file := filepath.Join(t.TempDir(), "haproxy.cfg")
	config := fmt.Sprintf(haproxyConfig, checkEvery.Milliseconds(), hostPort(replicas[0]), hostPort(replicas[1]))
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	front, admin := inheritable(t), inheritable(t)
	cmd := exec.Command(program, "-db", "-f", file)
	cmd.ExtraFiles = []*os.File{front.file, admin.file} // 3 and 4
	return &haproxy{Process: attend(t, cmd), t: t, front: front.address, admin: admin.address}
}

// haproxyProgram returns the path of haproxy, or "". Debian installs it where
// only root looks for programs.
func haproxyProgram() string {
	for _, name := range []string{"haproxy", "/usr/sbin/haproxy"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

func hostPort(url string) string { return strings.TrimPrefix(url, "http://") }

// An open is a listening socket for a child: whoever connects before the child
// is there is served when it is.
type open struct {
	file    *os.File
	address string
}

func inheritable(t *testing.T) open {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	file, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	return open{file, l.Addr().String()}
}

func (h *haproxy) url() string { return "http://" + h.front }

func (h *haproxy) moved(i int, url string) {
	h.t.Helper()
	host, port, err := net.SplitHostPort(hostPort(url))
	if err != nil {
		h.t.Fatal(err)
	}
	said := h.command(fmt.Sprintf("set server replicas/replica%d addr %s port %s", i, host, port))
	if !strings.Contains(said, "port changed") && !strings.Contains(said, "no need to change the port") {
		h.t.Fatalf("haproxy: %s", said)
	}
}

// command gives the running HAProxy a command, and returns what it says.
func (h *haproxy) command(line string) string {
	h.t.Helper()
	c, err := net.Dial("tcp", h.admin)
	if err != nil {
		h.t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, line+"\n"); err != nil {
		h.t.Fatal(err)
	}
	said, err := io.ReadAll(c)
	if err != nil {
		h.t.Fatal(err)
	}
	return string(said)
}

func (h *haproxy) awaitDown(i int) { h.t.Helper(); h.await(i, "DOWN") }
func (h *haproxy) awaitUp(i int)   { h.t.Helper(); h.await(i, "UP") }

// await waits until HAProxy says what became of a replica.
func (h *haproxy) await(i int, state string) {
	h.t.Helper()
	h.Line(fmt.Sprintf("Server replicas/replica%d is %s", i, state))
}
