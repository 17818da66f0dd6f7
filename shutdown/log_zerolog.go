package shutdown

import (
	"bytes"
	"os"
	"reflect"
	"strings"
	"time"
	"unicode"

	"github.com/mattn/go-isatty"
	"github.com/rs/zerolog"
)

// A zerologWriter writes lines to a zerolog.Logger.
type zerologWriter struct {
	logger *zerolog.Logger
	dated  bool // the logger writes the time itself
}

func newZerologWriter(logger *zerolog.Logger) *zerologWriter {
	return &zerologWriter{logger, writesTime(logger)}
}

var zerologLevels = [...]zerolog.Level{zerolog.DebugLevel, zerolog.InfoLevel, zerolog.WarnLevel, zerolog.ErrorLevel}

func (w *zerologWriter) enabled(l level) bool {
	return zerologLevels[l] >= max(w.logger.GetLevel(), zerolog.GlobalLevel())
}

func (w *zerologWriter) write(l line) {
	to := w.logger.WithLevel(zerologLevels[l.level])
	if !w.dated {
		writeTime(to, l.time)
	}
	for _, f := range l.fields {
		switch v := f.value.(type) {
		case string:
			to.Str(f.key, v)
		case int:
			to.Int(f.key, v)
		case time.Duration:
			to.Dur(f.key, roundedForLog(v))
		}
	}
	to.Msg(l.message)
}

// writeTime writes the time of the event with milliseconds, unless the program
// has told zerolog how it wants its times.
func writeTime(to *zerolog.Event, t time.Time) {
	if zerolog.TimeFieldFormat == time.RFC3339 { // zerolog's default
		to.Str(zerolog.TimestampFieldName, t.Format(logTime))
		return
	}
	to.Time(zerolog.TimestampFieldName, t)
}

// writesTime reports whether logger was made with Timestamp(): a second time
// would make the key appear twice. There is no asking the logger for that, and
// no harmless trial either, since its hooks may count lines, or send them
// somewhere: it takes a look at the types of the hooks.
func writesTime(logger *zerolog.Logger) bool {
	hooks := reflect.ValueOf(logger).Elem().FieldByName("hooks")
	if hooks.Kind() != reflect.Slice {
		return false
	}
	for i := range hooks.Len() {
		if hooks.Index(i).Elem().Type().String() == "zerolog.timestampHook" {
			return true
		}
	}
	return false
}

// defaultLogger returns the logger of a manager that was given none. Its
// writer has no Close that a fatal event could call.
func defaultLogger(out *os.File) *zerolog.Logger {
	var logger zerolog.Logger
	if isatty.IsTerminal(out.Fd()) {
		logger = zerolog.New(console(out))
	} else {
		logger = zerolog.New(unclosable{out})
	}
	logger = logger.Level(zerolog.InfoLevel)
	return &logger
}

// console returns what writes lines for people: a stack stands below its line,
// as the lines that it is.
func console(out *os.File) zerolog.ConsoleWriter {
	return zerolog.ConsoleWriter{
		Out: out, TimeFormat: "15:04:05.000", NoColor: plain(),
		FieldsExclude: []string{"stack"},
		FormatExtra: func(fields map[string]any, line *bytes.Buffer) error {
			if stack, ok := fields["stack"].(string); ok {
				line.WriteString("\n" + indented(stack))
			}
			return nil
		},
	}
}

// indented is a stack, or another text of several lines, as it stands below the
// line that it belongs to.
func indented(text string) string {
	return "    " + strings.ReplaceAll(printable(strings.TrimSpace(text)), "\n", "\n    ")
}

// printable is text without what could move the cursor of a terminal, or
// change how it writes.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) && r != '\n' && r != '\t' {
			return '\ufffd'
		}
		return r
	}, text)
}

// plain reports whether the user wants no colours.
func plain() bool { return os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" }

// unclosable hides a file's Close.
type unclosable struct{ file *os.File }

func (u unclosable) Write(p []byte) (int, error) { return u.file.Write(p) }
