package recipes

import (
	"context"
	"errors"
	"net"
	"syscall"

	"go.uber.org/zap"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// Sync of a terminal or a pipe fails with EINVAL, ENOTTY or ENOTSUP, although
// nothing is lost. Registered as it is, it turns every stop into a failure.
func syncLog(ctx context.Context, log *zap.Logger) {
	shutdown.Finally(ctx, "log", func() error {
		err := log.Sync()
		if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTTY) || errors.Is(err, syscall.ENOTSUP) {
			return nil
		}
		return err
	})
}

// The log that lastcall itself writes to is flushed after the last line: Flush
// knows these errors.
func flushLog(m *shutdown.Manager, log *zap.Logger) {
	m.Flush = func(context.Context) error { return log.Sync() }
}

// A listener that is served is closed by its server; closing it once more is
// an error that says nothing.
func closeListener(ln net.Listener) error {
	if err := ln.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}
