package loggers

import (
	"context"
	"log/slog"

	"github.com/go-logr/logr"
	"github.com/sirupsen/logrus"
	logrusslog "github.com/sirupsen/logrus/hooks/slog"
	"go.uber.org/zap"
	"go.uber.org/zap/exp/zapslog"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// Slog has m's lines in the program's own slog.
func Slog(m *shutdown.Manager) {
	m.Slog = slog.Default()
}

// Logr has them in a logr.Logger, whatever that writes to. Logr has no warnings:
// they are written as what is said at V(0).
func Logr(m *shutdown.Manager, to logr.Logger) {
	m.Slog = slog.New(logr.ToSlogHandler(to))
}

// Zap has them in a zap.Logger, and empties its buffers at the end. The lines
// bring the stacks that matter; zap's own would be that of the log.
func Zap(m *shutdown.Manager, to *zap.Logger) {
	m.Slog = slog.New(zapslog.NewHandler(to.Core(), zapslog.AddStacktraceAt(slog.LevelError+1)))
	m.Flush = func(context.Context) error { return to.Sync() }
}

// Logrus has them in a logrus.Logger.
func Logrus(m *shutdown.Manager, to *logrus.Logger) {
	m.Slog = slog.New(logrusslog.NewHandler(to, nil))
}
