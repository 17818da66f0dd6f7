//go:build unix

package systemd_test

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/systemd"
)

// A program that reads its configuration again on SIGHUP, for a unit with
// Type=notify-reload.
func ExampleNotifier_Reload() {
	configure := func() error { return nil }

	run := func(ctx context.Context) error {
		if err := configure(); err != nil {
			return err
		}
		reloads := make(chan os.Signal, 1)
		signal.Notify(reloads, syscall.SIGHUP)
		defer signal.Stop(reloads)

		n := systemd.Notify(shutdown.FromContext(ctx)) // ready from here on
		for {
			select {
			case <-reloads:
				_ = n.Reload(configure) // the old configuration goes on; systemd shows the error
			case <-ctx.Done():
				return nil
			}
		}
	}

	m := &shutdown.Manager{Signals: []os.Signal{os.Interrupt, syscall.SIGTERM}} // SIGHUP is for reloading
	m.Go("run", run)
	m.Stop(nil) // so that this example ends
	_ = m.Run(context.Background())
	// Output:
}
