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
// temporary file it is readable by its owner only. What cannot be done (an
// unknown ending, a directory that is not there) is a warning in m's Logger,
// or on standard error if m has none, and changes nothing about the stop.
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
	m.Observe(func(e shutdown.Event) {
		if e.Type != shutdown.EventState || e.State != shutdown.Stopped {
			return
		}
		if err := writeFile(file, m.Report(), write); err != nil {
			warn(m, file, err)
		}
	})
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

// writeFile writes r to a temporary file beside the one it will be: only within
// a directory is a rename atomic.
func writeFile(name string, r shutdown.Report, write writer) error {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	err = write(f, r)
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the first error is the one to tell
	}
	return err
}

// warn says that there is no report, and why.
func warn(m *shutdown.Manager, name string, err error) {
	const what = "the report of the stop is not written"
	if m.Logger != nil {
		m.Logger.Warn().Str("file", name).Err(err).Msg(what)
		return
	}
	fmt.Fprintf(os.Stderr, "shutdown: %s: %s=%q: %v\n", what, variable, name, err)
}
