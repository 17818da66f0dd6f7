//go:build unix

package e2e_test

import (
	"context"
	"errors"
	"syscall"
	"testing"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// A program of which nobody says that it has a terminal reads its configuration
// again when SIGHUP comes, and lives on.
func TestSIGHUP_reloadsAndIsNoStop(t *testing.T) {
	t.Parallel()
	p := start(t, "reloads")
	p.await("ready")
	for range 2 {
		p.Signal(syscall.SIGHUP)
		p.await("reloaded")
	}
	p.signal(syscall.SIGTERM)
	p.ends(exit(0), grace)
	p.said("finalizer")
	p.prints(`"message":"reloading"`, `"message":"reloaded"`)
}

func TestReloadThatFails_isALineAndNoStop(t *testing.T) {
	t.Parallel()
	p := start(t, "fails to reload")
	p.await("ready")
	p.Signal(syscall.SIGHUP)
	p.await("reloaded")
	p.signal(syscall.SIGTERM)
	p.ends(exit(0), grace)
	p.prints(`"message":"reload failed"`, "no such file")
}

func TestReloadThatPanics_beginsTheStop(t *testing.T) {
	t.Parallel()
	p := start(t, "panics in a reload")
	p.await("ready")
	p.signal(syscall.SIGHUP)
	p.ends(exit(2), grace)
	p.said("reloaded", "finalizer")
	p.prints("panic: burst")
}

func TestSIGHUP_withoutATerminalAndReloadDoesNothing(t *testing.T) {
	t.Parallel()
	p := start(t, "says why")
	p.await("ready")
	p.Signal(syscall.SIGHUP)
	p.Signal(syscall.SIGHUP)
	p.signal(syscall.SIGTERM)
	p.ends(exit(0), grace)
	p.said("why: [terminated signal received]")
}

var reloadPrograms = programs{
	"reloads":            func() { reloads(func() error { return nil }) },
	"fails to reload":    func() { reloads(func() error { return errors.New("config.yaml: no such file") }) },
	"panics in a reload": func() { reloads(func() error { panic("burst") }) },
}

func reloads(reload func() error) {
	shutdown.Register("finalizer", closes("finalizer"))
	shutdown.Default().Reload = func(context.Context) error {
		defer say("reloaded")
		return reload()
	}
	shutdown.Main(obedient)
}
