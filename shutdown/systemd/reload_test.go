package systemd_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/shutdowntest"
	"github.com/seed7e043c35/lastcall/shutdown/systemd"
)

// reloading runs a program that calls reload after a second, and returns what
// systemd heard of that.
func reloading(t *testing.T, reload func(n *systemd.Notifier)) []string {
	t.Helper()
	s := &supervisor{}
	shutdowntest.Run(t, func(ctx context.Context) error {
		s.began = time.Now()
		n := systemd.NotifyBy(shutdown.FromContext(ctx), 0, s.receive, nil)
		time.Sleep(time.Second)
		reload(n)
		return untilStopped(ctx)
	}, shutdowntest.Signal(10*time.Second, os.Interrupt)).Clean()
	heard := s.about("READY=1", "RELOADING=1", "STOPPING=1")
	return heard[1:] // the first is that it was ready
}

const stopping = "10s STOPPING=1…"

func sleeps(d time.Duration, err error) func() error {
	return func() error { time.Sleep(d); return err }
}

func TestReload_isBracketed(t *testing.T) {
	got := reloading(t, func(n *systemd.Notifier) {
		if err := n.Reload(sleeps(2*time.Second, nil)); err != nil {
			t.Errorf("Reload = %v, want nil", err)
		}
	})
	check(t, "systemd heard", got, []string{"1s RELOADING=1 MONOTONIC_USEC=…", "3s READY=1 STATUS=running", stopping})
}

func TestReload_thatFailsIsOverToo(t *testing.T) {
	want := errors.New("no such file\nor directory")
	got := reloading(t, func(n *systemd.Notifier) {
		if err := n.Reload(sleeps(0, want)); err != want {
			t.Errorf("Reload = %v, want what its function returned", err)
		}
	})
	check(t, "systemd heard", got, []string{
		"1s RELOADING=1 MONOTONIC_USEC=…", "1s READY=1 STATUS=reload failed: no such file; or directory", stopping})
}

func TestReload_thatPanicsIsOverToo(t *testing.T) {
	got := reloading(t, func(n *systemd.Notifier) {
		defer func() {
			if v := recover(); v != "boo" {
				t.Errorf("Reload panics with %v, want boo", v)
			}
		}()
		n.Reload(func() error { panic("boo") })
	})
	check(t, "systemd heard", got, []string{
		"1s RELOADING=1 MONOTONIC_USEC=…", "1s READY=1 STATUS=reload did not return", stopping})
}

func TestReload_overlappingIsOverWithTheLast(t *testing.T) {
	got := reloading(t, func(n *systemd.Notifier) {
		time.AfterFunc(time.Second, func() { n.Reload(sleeps(3*time.Second, nil)) })
		n.Reload(sleeps(2*time.Second, nil))
	})
	check(t, "systemd heard", got, []string{
		"1s RELOADING=1 MONOTONIC_USEC=…", "2s RELOADING=1 MONOTONIC_USEC=…", "5s READY=1 STATUS=running", stopping})
}

func TestReload_duringTheStopSaysNothing(t *testing.T) {
	got := reloading(t, func(n *systemd.Notifier) {
		n.Reload(sleeps(11*time.Second, nil)) // from 1 s to 12 s; the stop begins at 10 s
		n.Reload(sleeps(time.Second, nil))
	})
	check(t, "systemd heard", got, []string{"1s RELOADING=1 MONOTONIC_USEC=…", stopping})
}
