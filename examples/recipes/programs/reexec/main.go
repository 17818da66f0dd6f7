//go:build linux

// Reexec replaces itself on SIGUSR2 without refusing a connection: the new
// process gets the listener, and when it is ready the old one stops.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/actors"
)

func main() { shutdown.Main(run) }

func run(ctx context.Context) error {
	ln, err := listen()
	if err != nil {
		return err
	}
	wanted := make(chan os.Signal, 1)
	signal.Notify(wanted, syscall.SIGUSR2) // before anybody is told that we are there
	defer signal.Stop(wanted)
	shutdown.FromContext(ctx).Go("successor", func(ctx context.Context) error { return replace(ctx, wanted, ln) })
	fmt.Println("process", os.Getpid(), "serves", ln.Addr())
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, os.Getpid()) })
	return actors.HTTP(&http.Server{Handler: handler}, ln)(ctx)
}

// listen opens the listener, or finds it where the process before this left it.
func listen() (net.Listener, error) {
	if os.Getenv("INHERITED") == "" {
		return net.Listen("tcp", "127.0.0.1:0")
	}
	defer os.NewFile(4, "ready").Close() // tells our predecessor
	f := os.NewFile(3, "listener")
	defer f.Close()
	return net.FileListener(f)
}

// replace waits for SIGUSR2, starts another process and returns, which stops
// this one, once the other says that it is ready. If it fails, this one goes on.
func replace(ctx context.Context, wanted <-chan os.Signal, ln net.Listener) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-wanted:
		}
		err := start(ln)
		if err == nil {
			return nil
		}
		fmt.Println("no successor:", err)
	}
}

// start returns when the new process has taken the listener.
func start(ln net.Listener) error {
	listener, err := duplicate(ln.(*net.TCPListener))
	if err != nil {
		return err
	}
	defer listener.Close()
	ours, ready, err := os.Pipe()
	if err != nil {
		return err
	}
	defer ours.Close()
	next := exec.Command("/proc/self/exe", os.Args[1:]...) // no actors.Command: it is to outlive us
	next.Env = append(os.Environ(), "INHERITED=1")
	next.ExtraFiles = []*os.File{listener, ready}
	next.Stdout, next.Stderr = os.Stdout, os.Stderr
	err = next.Start()
	ready.Close()
	if err != nil {
		return err
	}
	_, _ = ours.Read(make([]byte, 1)) // ends when the new process closes it, or dies
	if err := next.Process.Signal(syscall.Signal(0)); err != nil {
		return err
	}
	return next.Process.Release()
}

// duplicate is ln.File without its trap: the descriptor that File's result gives
// to exec is in blocking mode, and so is then our own, whose Accept would hang.
func duplicate(ln *net.TCPListener) (*os.File, error) {
	raw, err := ln.SyscallConn()
	if err != nil {
		return nil, err
	}
	var fd int
	controlErr := raw.Control(func(ours uintptr) {
		if fd, err = syscall.Dup(int(ours)); err == nil {
			syscall.CloseOnExec(fd)
		}
	})
	if err := errors.Join(controlErr, err); err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), "listener"), nil
}
