package shutdown

import (
	"fmt"
	"slices"
	"time"
)

// The environment variables that Main reads. Whoever deploys the program knows
// the supervisor's limit better than whoever wrote it.
const (
	graceVariable = "SHUTDOWN_GRACE"
	drainVariable = "SHUTDOWN_DRAIN"
)

// check returns an error if the settings contradict themselves or each other.
func (m *Manager) check() error {
	switch {
	case m.Grace < 0:
		return &settingsError{fmt.Sprintf("Grace is %v: want more than 0, or 0 for the default of %v", m.Grace, DefaultGrace)}
	case m.Drain < 0:
		return &settingsError{fmt.Sprintf("Drain is %v: want 0 or more", m.Drain)}
	case m.Drain > m.grace()/maxDrainShare:
		return &settingsError{fmt.Sprintf("Drain is %v: want at most half of the grace, which is %v", m.Drain, m.grace())}
	case slices.Contains(m.Signals, nil):
		return &settingsError{"Signals contains nil"}
	}
	return nil
}

// configure changes the settings to what the environment says. If that makes
// no sense, the error says so in one line, with both variables and values.
func (m *Manager) configure(getenv func(string) string) error {
	grace, drain := getenv(graceVariable), getenv(drainVariable)
	err := m.set(grace, drain)
	if err == nil {
		err = m.check()
	}
	if err != nil && (grace != "" || drain != "") {
		return &settingsError{fmt.Sprintf("%s=%q %s=%q: %v", graceVariable, grace, drainVariable, drain, err)}
	}
	return err
}

func (m *Manager) set(grace, drain string) error {
	if grace != "" {
		d, err := time.ParseDuration(grace)
		if err != nil || d <= 0 {
			return fmt.Errorf("%s: want a positive duration such as 9s or 1m30s", graceVariable)
		}
		m.Grace = d
	}
	if drain != "" {
		d, err := time.ParseDuration(drain)
		if err != nil || d < 0 {
			return fmt.Errorf("%s: want a duration such as 3s, or 0 for none", drainVariable)
		}
		m.Drain = d
	}
	return nil
}
