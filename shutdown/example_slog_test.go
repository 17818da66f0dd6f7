package shutdown_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"time"

	"github.com/rs/zerolog"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// A program that logs with slog shares one zerolog logger with the manager: in
// three lines, both write to the same place in the same form.
func ExampleManager_slog() {
	main := func() {
		logger := zerolog.New(os.Stderr)
		slog.SetDefault(slog.New(zerolog.NewSlogHandler(logger)))
		shutdown.Default().Logger = &logger
		// then shutdown.Main(run)
	}
	_ = main
}

// Where everything has to go through a slog handler of the program's own, the
// manager's log is switched off and an observer takes its place.
func ExampleManager_Observe_slog() {
	program := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: withoutTime}))
	silent := zerolog.Nop()
	m := &shutdown.Manager{Signals: []os.Signal{}, Logger: &silent}
	m.Observe(func(e shutdown.Event) { logEvent(program, e) })

	m.Register("database", func(context.Context) error { return nil })
	m.Register("upload", func(context.Context) error { return errors.New("disk full") })
	m.Stop(nil)
	_ = m.Run(context.Background())
	// Output:
	// level=INFO msg=running err="shutdown: stop requested"
	// level=INFO msg=stopping err="shutdown: stop requested"
	// level=INFO msg=finalizing err="shutdown: stop requested"
	// level=ERROR msg=finished kind=finalizer name=upload err="shutdown: finalizer \"upload\": disk full"
	// level=INFO msg=stopped err="shutdown: stop requested"
}

// logEvent logs what happened at a level that fits: failures as errors, what
// is slow, leaked or waited for as warnings, and what went well, unless it is a
// change of state, for those who debug.
func logEvent(to *slog.Logger, e shutdown.Event) {
	level, message := slog.LevelDebug, e.Type.String()
	switch {
	case e.Type == shutdown.EventState:
		level, message = slog.LevelInfo, e.State.String()
	case e.Type == shutdown.EventStuck, e.Type == shutdown.EventFinished && e.Err != nil:
		level = slog.LevelError
	case e.Type != shutdown.EventStarted && e.Type != shutdown.EventFinished, e.Took >= time.Second:
		level = slog.LevelWarn
	}
	to.LogAttrs(context.Background(), level, message, attributes(e)...)
}

func attributes(e shutdown.Event) (all []slog.Attr) {
	if c := e.Component; c.Kind != shutdown.KindNone {
		all = append(all, slog.String("kind", c.Kind.String()), slog.String("name", c.Name))
	}
	if e.Took >= time.Second {
		all = append(all, slog.Duration("took", e.Took))
	}
	if e.Err != nil {
		all = append(all, slog.Any("err", e.Err))
	}
	return all
}

// withoutTime makes the output of the example the same every time.
func withoutTime(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}
