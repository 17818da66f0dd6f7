// Package loggers shows how a program whose log is not zerolog's has the
// manager's lines in it, by one line of code, and how the fatal calls of loggers
// and of command-line libraries end the program in order instead of at once.
//
// Everything that has a slog.Handler gets the same sentences, levels and fields:
// logr, zap, logrus, klog, and OpenTelemetry's bridge. A logger whose sink keeps
// lines to itself (zap with a buffer, for instance) is emptied by the manager's
// Flush, after the last line.
//
// It is a module of its own, so that no user of the library gets to see the
// loggers. Copy what you need.
package loggers
