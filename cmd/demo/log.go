package main

import (
	"bytes"
	"io"
	"os"
	"strings"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/rs/zerolog"
	"github.com/rs/zerolog/log"

	"github.com/seed7e043c35/lastcall/shutdown/progress"
)

// logTo makes zerolog's logger, which it returns, write to display: for people
// on a terminal, JSON otherwise.
func logTo(display *progress.Display, verbose bool) *zerolog.Logger {
	var out io.Writer = display
	if isTerminal(os.Stderr) {
		out = console(display)
	}
	level := zerolog.InfoLevel
	if verbose {
		level = zerolog.DebugLevel
	}
	log.Logger = zerolog.New(out).Level(level).With().Timestamp().Logger()
	return &log.Logger
}

// console writes lines for people to out: a stack stands below its line, as the
// lines that it is.
func console(out io.Writer) zerolog.ConsoleWriter {
	return zerolog.ConsoleWriter{
		Out: out, TimeFormat: time.TimeOnly, NoColor: os.Getenv("NO_COLOR") != "",
		FieldsExclude: []string{"stack"},
		FormatExtra: func(fields map[string]any, line *bytes.Buffer) error {
			if stack, ok := fields["stack"].(string); ok {
				line.WriteString("\n    " + strings.ReplaceAll(strings.TrimSpace(stack), "\n", "\n    "))
			}
			return nil
		},
	}
}

// standardOutput returns standard output, or display if both are the same
// screen, where one must not write across what the other draws.
func standardOutput(display *progress.Display) io.Writer {
	if isTerminal(os.Stdout) && isTerminal(os.Stderr) {
		return display
	}
	return impatient{os.Stdout}
}

// An impatient writer gives up what it cannot write within half a second: a full
// pipe that nobody reads must not keep the program from ending well.
type impatient struct{ out io.Writer }

func (w impatient) Write(p []byte) (int, error) {
	text, written := bytes.Clone(p), make(chan error, 1) // it may be written when we are gone
	go func() {
		_, err := w.out.Write(text)
		written <- err
	}()
	select {
	case err := <-written:
		return len(p), err
	case <-time.After(500 * time.Millisecond):
		return 0, os.ErrDeadlineExceeded
	}
}

func isTerminal(f *os.File) bool { return isatty.IsTerminal(f.Fd()) }
