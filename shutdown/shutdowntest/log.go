package shutdowntest

import (
	"bytes"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

// A log writes to a test's log until it is closed: what outlives the stop may
// outlive the test as well, which must not be written to then.
type log struct {
	mu  sync.Mutex
	out io.Writer // guarded by mu; nil when closed
}

func newLog(t testing.TB) *log { return &log{out: t.Output()} }

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.out == nil {
		return len(p), nil
	}
	return l.out.Write(p)
}

func (l *log) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.out = nil
}

// logger returns one that writes everything to l, with the time in the bubble,
// which begins at midnight, and stacks as they are read.
func (l *log) logger() *zerolog.Logger {
	out := zerolog.ConsoleWriter{
		Out: l, NoColor: true, TimeFormat: time.TimeOnly, TimeLocation: time.UTC,
		FieldsExclude: []string{"stack"},
		FormatExtra: func(fields map[string]any, line *bytes.Buffer) error {
			if stack, ok := fields["stack"].(string); ok {
				line.WriteString("\n\t" + strings.ReplaceAll(strings.TrimSpace(stack), "\n", "\n\t"))
			}
			return nil
		},
	}
	logger := zerolog.New(out).Level(zerolog.DebugLevel)
	return &logger
}
