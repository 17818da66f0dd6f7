package shutdown

import (
	"context"
	"log/slog"
	"time"

	"github.com/rs/zerolog"
)

// A slogWriter writes lines to a slog.Handler, as a slog.Logger would: its
// groups, attributes and ReplaceAttr are for the handler.
type slogWriter struct{ handler slog.Handler }

var slogLevels = [...]slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError}

func (w slogWriter) enabled(l level) bool {
	return w.handler.Enabled(context.Background(), slogLevels[l])
}

func (w slogWriter) write(l line) {
	// No program counter, and so no source: no line of the program says this.
	// The line to look at is the field site.
	r := slog.NewRecord(l.time, slogLevels[l.level], l.message, 0)
	for _, f := range l.fields {
		r.AddAttrs(slog.Any(f.key, slogValue(f.value)))
	}
	_ = w.handler.Handle(context.Background(), r) // a log that cannot be written cannot say so either
}

// slogValue is v as zerolog would write it: a duration is a number of
// milliseconds, or of what zerolog is set to.
func slogValue(v any) any {
	d, ok := v.(time.Duration)
	if !ok {
		return v
	}
	d = roundedForLog(d)
	if zerolog.DurationFieldInteger {
		return int64(d / zerolog.DurationFieldUnit)
	}
	return float64(d) / float64(zerolog.DurationFieldUnit)
}
