package shutdown

import (
	"os"
	"time"

	"github.com/rs/zerolog"
)

// settingsLocked returns what the manager's fields and the environment amount to, or
// an error if they contradict themselves or each other. Once that has been refused,
// what was registered is run without them.
func (m *Manager) settingsLocked() (settings, error) {
	if m.refused {
		silent := zerolog.Nop()
		return settings{logger: &silent, flush: m.Flush}.with(overrides{})
	}
	return m.fields().with(m.overrides)
}

func (m *Manager) fields() settings {
	return settings{
		grace: m.Grace, drain: m.Drain, signals: m.Signals,
		logger: m.Logger, slog: m.Slog, quiet: m.Quiet,
		reload: m.Reload, flush: m.Flush,
	}
}

// settings returns those of Run, or what the numbers would be now. It is
// called with the lock held.
func (m *Manager) settings() settings {
	if m.set != nil {
		return *m.set
	}
	return m.fields().numbers(m.overrides)
}

// currentSettings returns what grace and drain amount to: of a manager that runs
// inside of another, what that leaves to it. Before Main the environment has
// been read already.
func (m *Manager) currentSettings() settings {
	m.lock()
	s, outer := m.settings(), m.outer
	if m.isProcess && m.set == nil {
		if o, err := readOverrides(os.Getenv); err == nil {
			s = m.fields().numbers(o)
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

// graceLocked returns the grace of a list that ends outside of a stop.
func (m *Manager) graceLocked() time.Duration { return m.settings().grace }
