package report_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/report"
)

// lines is a log that may be written and read at the same time.
type lines struct {
	mu sync.Mutex
	bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Buffer.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Buffer.String()
}

// stop runs a stop of two seconds with SHUTDOWN_REPORT set to file and returns
// what was logged.
func stop(t *testing.T, file string) (logged string) {
	t.Helper()
	return stopAfter(t, file, func(string) {})
}

// stopAfter is stop, with before called with what was logged before it.
func stopAfter(t *testing.T, file string, before func(logged string)) (logged string) {
	t.Helper()
	t.Setenv("SHUTDOWN_REPORT", file)
	synctest.Test(t, func(t *testing.T) {
		out := new(lines)
		logger := zerolog.New(out)
		m := &shutdown.Manager{Signals: []os.Signal{}, Logger: &logger}
		report.FromEnv(m)
		before(out.String())
		m.Register("database", func(context.Context) error {
			time.Sleep(2 * time.Second)
			return nil
		})
		m.Signal(syscall.SIGTERM)
		if err := m.Run(t.Context()); err != nil {
			t.Errorf("Run = %v, want nil", err)
		}
		logged = out.String()
	})
	return logged
}

// deadline is when the time for the test is nearly up; zero if it has no end.
func deadline(t *testing.T) (at time.Time) {
	if end, ok := t.Deadline(); ok {
		at = end.Add(-time.Until(end) / 10)
	}
	return at
}

func TestFromEnvWarnsThroughSlog(t *testing.T) {
	out := new(lines)
	t.Setenv("SHUTDOWN_REPORT", "stop.pdf")
	report.FromEnv(&shutdown.Manager{Slog: slog.New(slog.NewTextHandler(out, nil))})
	if got := out.String(); !strings.Contains(got, "level=WARN") || !strings.Contains(got, "file=stop.pdf") {
		t.Errorf("the log says %q", got)
	}
}

func TestFromEnvWritesTheReportBeforeRunReturns(t *testing.T) {
	for ending, begins := range map[string]string{".html": "<!DOCTYPE html>", ".json": "{", ".txt": "Stopped in 2s of 9s", ".TXT": "Stopped"} {
		dir := t.TempDir()
		logged := stop(t, filepath.Join(dir, "stop"+ending))
		got, err := os.ReadFile(filepath.Join(dir, "stop"+ending))
		if err != nil {
			t.Fatalf("%v; log: %s", err, logged)
		}
		if !strings.HasPrefix(string(got), begins) {
			t.Errorf("%s begins with %.40q, want %q", ending, got, begins)
		}
		if left, _ := os.ReadDir(dir); len(left) != 1 {
			t.Errorf("%d files in the directory, want the report alone", len(left))
		}
	}
}

func TestFromEnvReplacesAnOlderReport(t *testing.T) {
	file := filepath.Join(t.TempDir(), "stop.json")
	if err := os.WriteFile(file, []byte("of yesterday"), 0o600); err != nil {
		t.Fatal(err)
	}
	stop(t, file)
	got, err := os.ReadFile(file)
	if err != nil || !json.Valid(got) {
		t.Errorf("the file holds %.40q, %v", got, err)
	}
}

func TestFromEnvWarnsOfAFileThatCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	taken := filepath.Join(dir, "taken.txt")
	if err := os.MkdirAll(filepath.Join(taken, "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{filepath.Join(dir, "missing", "stop.txt"), taken, filepath.Join(dir, "stop.pdf"), "stop"} {
		logged := stop(t, file)
		if !strings.Contains(logged, `"level":"warn"`) || !strings.Contains(logged, "the report of the stop is not written") {
			t.Errorf("no warning of %s in the log:\n%s", file, logged)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("%d files left behind, want the one that was there", len(left))
	}
}

func TestFromEnvDoesNothingWithoutTheVariable(t *testing.T) {
	if logged := stop(t, ""); strings.Contains(logged, "the report of the stop") {
		t.Errorf("the log speaks of a report:\n%s", logged)
	}
}

func TestFromEnvKeepsToTheDirectoryOfItsTime(t *testing.T) {
	first, second := t.TempDir(), t.TempDir()
	t.Chdir(first)
	t.Setenv("SHUTDOWN_REPORT", "stop.txt")
	synctest.Test(t, func(t *testing.T) {
		silent := zerolog.Nop()
		m := &shutdown.Manager{Signals: []os.Signal{}, Logger: &silent}
		report.FromEnv(m)
		if err := os.Chdir(second); err != nil {
			t.Fatal(err)
		}
		m.Stop(nil)
		_ = m.Run(t.Context())
	})
	if _, err := os.Stat(filepath.Join(first, "stop.txt")); err != nil {
		t.Error(err)
	}
}
