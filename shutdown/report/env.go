package report

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// variable is the environment variable that FromEnv reads.
const variable = "SHUTDOWN_REPORT"

// FromEnv has the report of m's stop written to the file that the environment
// variable SHUTDOWN_REPORT names; if that is unset or empty it does nothing.
// The form follows from the name's end: .html for [HTML], .json for [JSON],
// .txt for [Text]. A relative name belongs to the working directory at the
// time of the call. FromEnv is to be called before the manager runs.
//
// The file is written when the stop is over, in what is left of the grace, and
// in one piece: it is whole or not there, and replaces an older one. Like any
// temporary file it is readable by its owner only. A symbolic link is followed.
// A named pipe, and a file that cannot be replaced (one that is mounted into a
// container, or in a directory that may not be written to), is written to as it
// is; a pipe needs a reader by then.
//
// What cannot be done is a warning in m's Logger or Slog, or on standard error
// if m has neither, and changes nothing about the stop. An unknown ending, and a
// directory that is not there, is said at once: it can still be made in time.
func FromEnv(m *shutdown.Manager) {
	name := os.Getenv(variable)
	if name == "" {
		return
	}
	write := writerFor(name)
	if write == nil {
		warn(m, name, fmt.Errorf("want a name that ends in .html, .json or .txt"))
		return
	}
	file, err := filepath.Abs(name)
	if err != nil {
		warn(m, name, err)
		return
	}
	if err := directoryOf(file); err != nil {
		warn(m, file, err)
	}
	m.Observe(func(e shutdown.Event) {
		if e.Type != shutdown.EventState || e.State != shutdown.Stopped {
			return
		}
		if err := writeFile(file, m.Report(), write); err != nil {
			warn(m, file, err)
		}
	})
}

// directoryOf returns an error if the directory in which file is to be is not
// there.
func directoryOf(file string) error {
	target, err := followed(file)
	if err == nil {
		_, err = os.Stat(filepath.Dir(target))
	}
	return err
}

type writer func(io.Writer, shutdown.Report) error

func writerFor(name string) writer {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".html":
		return HTML
	case ".json":
		return JSON
	case ".txt":
		return Text
	}
	return nil
}

// warn says that there is no report, and why.
func warn(m *shutdown.Manager, name string, err error) {
	const what = "the report of the stop is not written"
	switch {
	case m.Slog != nil:
		m.Slog.Warn(what, "file", name, "error", err)
	case m.Logger != nil:
		m.Logger.Warn().Str("file", name).Err(err).Msg(what)
	default:
		fmt.Fprintf(os.Stderr, "shutdown: %s: %s=%q: %v\n", what, variable, name, err)
	}
}
