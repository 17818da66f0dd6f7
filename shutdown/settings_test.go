package shutdown

import (
	"strings"
	"testing"
	"time"
)

func TestEnvironment_overridesTheSettings(t *testing.T) {
	for _, c := range []struct {
		grace, drain         string
		wantGrace, wantDrain time.Duration
	}{
		{"", "", time.Minute, time.Second},
		{"28s", "", 28 * time.Second, time.Second},
		{"28s", "10s", 28 * time.Second, 10 * time.Second},
		{"", "0", time.Minute, 0},                                       // whoever deploys the program may switch a drain off
		{"1500ms", "", 1500 * time.Millisecond, 750 * time.Millisecond}, // and lower one number without a crash loop
	} {
		m := &Manager{Grace: time.Minute, Drain: time.Second}
		if err := m.configure(environment(c.grace, c.drain)); err != nil {
			t.Errorf("%q %q: %v", c.grace, c.drain, err)
		}
		if s := m.settings(); s.grace != c.wantGrace || s.drain != c.wantDrain {
			t.Errorf("%q %q: grace %v, drain %v", c.grace, c.drain, s.grace, s.drain)
		}
		if m.Grace != time.Minute || m.Drain != time.Second {
			t.Errorf("%q %q: the fields were written: %v, %v", c.grace, c.drain, m.Grace, m.Drain)
		}
	}
}

func TestEnvironment_thatMakesNoSenseIsRefusedInOneLineWithBothValues(t *testing.T) {
	for _, c := range []struct{ grace, drain string }{
		{"0", ""}, {"0s", "1s"}, {"-1s", ""}, {"nine", ""}, {"9", ""},
		{"", "-1s"}, {"", "soon"}, {"4s", "3s"}, {"", "31s"},
	} {
		m := &Manager{Grace: time.Minute}
		err := m.configure(environment(c.grace, c.drain))
		if err == nil {
			t.Errorf("%q %q: no error", c.grace, c.drain)
			continue
		}
		text := err.Error()
		for _, want := range []string{`SHUTDOWN_GRACE="` + c.grace + `"`, `SHUTDOWN_DRAIN="` + c.drain + `"`} {
			if !strings.Contains(text, want) {
				t.Errorf("%q %q: error %q lacks %s", c.grace, c.drain, text, want)
			}
		}
		if strings.Contains(text, "\n") || ExitCode(err) != 2 {
			t.Errorf("%q %q: error %q, status %d", c.grace, c.drain, text, ExitCode(err))
		}
	}
}

func environment(grace, drain string) func(string) string {
	return func(name string) string {
		return map[string]string{graceVariable: grace, drainVariable: drain}[name]
	}
}
