package shutdown

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/seed7e043c35/lastcall/internal/clock"
	"github.com/seed7e043c35/lastcall/signals"
)

// DefaultGrace is the grace of a [Manager] whose Grace is 0: inside the 10 s
// that docker stop and Cloud Run allow, with a second for the rest of the
// world.
const DefaultGrace = 9 * time.Second

// The environment variables that Main reads. Whoever deploys the program knows
// the supervisor's limit better than whoever wrote it.
const (
	graceVariable = "SHUTDOWN_GRACE"
	drainVariable = "SHUTDOWN_DRAIN"
)

// Settings are a manager's fields as they were when Run began, with what the
// environment says in their place. Nobody writes to them.
type settings struct {
	grace, drain time.Duration
	signals      []os.Signal // that ask for a stop
	hangup       []os.Signal // that are caught besides
	terminal     bool        // there was one when Run began, and hangup may mean its closing
	touches      bool        // whether any signal is touched at all
	reload       func(context.Context) error
	flush        func(context.Context) error
	note         string // to be said when the log can
}

func (s *settings) takesSignals() bool { return s.touches && len(s.signals) > 0 }

// settingsLocked returns what the fields and the environment say, or an error if
// they contradict themselves or each other.
func (m *Manager) settingsLocked() (settings, error) {
	s := m.numbersLocked()
	switch {
	case m.Grace < 0:
		return s, &settingsError{fmt.Sprintf("Grace is %v: want more than 0, or 0 for the default of %v", m.Grace, DefaultGrace)}
	case m.Drain < 0:
		return s, &settingsError{fmt.Sprintf("Drain is %v: want 0 or more", m.Drain)}
	case s.drain > s.grace/clock.MaxDrainShare:
		return s, &settingsError{fmt.Sprintf("Drain is %v: want at most half of the grace, which is %v", s.drain, s.grace)}
	case m.Logger != nil && m.Slog != nil:
		return s, &settingsError{"Logger and Slog are both set: want one of them"}
	case slices.Contains(m.Signals, nil):
		return s, &settingsError{"Signals contains nil"}
	case m.Reload != nil && slices.ContainsFunc(m.Signals, isHangup):
		return s, &settingsError{"Reload is set, and Signals contains SIGHUP: want one of them"}
	}
	s.reload, s.flush = m.Reload, m.Flush
	s.touches = m.Signals == nil || len(m.Signals) > 0
	if s.signals = slices.Clone(m.Signals); m.Signals == nil {
		s.signals = signals.Termination()
	}
	if m.Reload != nil {
		s.signals = slices.DeleteFunc(s.signals, isHangup)
	}
	if s.touches {
		s.hangup, s.terminal = hangupOf(m.Signals, m.Reload != nil)
	}
	return s, nil
}

func isHangup(sig os.Signal) bool { return slices.Contains(signals.Hangup(), sig) }

// numbersLocked returns the grace and the drain. One that the environment sets
// shortens a drain of the program's own which it makes too long: no crash loop at
// a deploy because somebody has lowered one number.
func (m *Manager) numbersLocked() settings {
	s := settings{grace: m.Grace, drain: m.Drain}
	if s.grace == 0 {
		s.grace = DefaultGrace
	}
	if m.overrides.drain != nil {
		s.drain = *m.overrides.drain
	}
	if m.overrides.grace == nil {
		return s
	}
	s.grace = *m.overrides.grace
	if most := s.grace / clock.MaxDrainShare; m.overrides.drain == nil && s.drain > most {
		s.note = fmt.Sprintf("%s=%v shortens the drain from %v to %v: it is at most half of the grace", graceVariable, s.grace, s.drain, most)
		s.drain = most
	}
	return s
}

// settings returns those of Run, or what they would be now. It is called with the
// lock held.
func (m *Manager) settings() settings {
	if m.set != nil {
		return *m.set
	}
	return m.numbersLocked()
}

// currentSettings returns what grace and drain amount to: of a manager that runs
// inside of another, what that leaves to it. Before Main the environment has
// been read already.
func (m *Manager) currentSettings() settings {
	m.lock()
	s, outer, isProcess := m.settings(), m.outer, m == defaultManager && m.set == nil
	if isProcess {
		if o, err := readOverrides(os.Getenv); err == nil {
			was := m.overrides
			m.overrides = o
			s = m.numbersLocked()
			m.overrides = was
		}
	}
	m.mu.Unlock()
	if b := m.clock.Budget(); b.Grace > 0 {
		s.grace = b.Grace
	} else if outer != nil {
		s.grace = min(s.grace, outer.room())
	}
	return s
}

// Overrides are what the environment says in place of the fields.
type overrides struct {
	grace, drain *time.Duration
	text         string // as it was given, for errors
}

// readOverrides reads the environment. If that makes no sense, the error says so in
// one line, with both variables and values.
func readOverrides(getenv func(string) string) (overrides, error) {
	grace, drain := getenv(graceVariable), getenv(drainVariable)
	var o overrides
	if grace == "" && drain == "" {
		return o, nil
	}
	o.text = fmt.Sprintf("%s=%q %s=%q", graceVariable, grace, drainVariable, drain)
	if d, err := time.ParseDuration(grace); err == nil && d > 0 {
		o.grace = &d
	} else if grace != "" {
		return o, o.refusal(fmt.Sprintf("%s: want a positive duration such as 9s or 1m30s", graceVariable))
	}
	if d, err := time.ParseDuration(drain); err == nil && d >= 0 {
		o.drain = &d
	} else if drain != "" {
		return o, o.refusal(fmt.Sprintf("%s: want a duration such as 3s, or 0 for none", drainVariable))
	}
	return o, nil
}

func (o overrides) refusal(why string) error {
	if o.text == "" {
		return &settingsError{why}
	}
	return &settingsError{o.text + ": " + withoutPrefix(why)}
}

// configure lets the environment override the settings, and returns an error if
// they make no sense then.
func (m *Manager) configure(getenv func(string) string) error {
	o, err := readOverrides(getenv)
	if err != nil {
		return err
	}
	m.lock()
	defer m.mu.Unlock()
	m.overrides = o
	if _, err := m.settingsLocked(); err != nil {
		m.overrides = overrides{}
		return o.refusal(err.Error())
	}
	return nil
}
