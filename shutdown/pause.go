package shutdown

import "time"

// The clock of a stop stands still while the process does: stopped by Ctrl-Z or
// a debugger, frozen with its container, or without a processor. Otherwise a
// pause of the length of the grace would end, at the moment at which it is
// continued, a program that has not been able to do anything.
//
// Nobody tells a process that it has been paused. It notices by its own pulse,
// some beats of which are missing then.
const (
	pulse   = 100 * time.Millisecond
	missing = 500 * time.Millisecond // without a beat, and it was a pause
)

// beat is called at each beat of the pulse while the stop lasts.
func (m *Manager) beat() {
	m.lock()
	defer m.mu.Unlock()
	m.budgetLocked()
	if m.state < Stopped {
		m.pulse.Reset(pulse)
	}
}

// budgetLocked returns the budget as it is now. Whoever acts by the clock looks
// at it here, so that nobody takes the time of a pause for his own: when the
// process is continued, all that was due meanwhile happens at once.
func (m *Manager) budgetLocked() budget {
	if m.pulse != nil && m.state < Stopped {
		now := time.Now()
		if gap := now.Sub(m.lastBeat); gap >= missing {
			m.budget = m.budget.pausedFor(gap - pulse) // one beat it may have been alive
		}
		m.lastBeat = now
	}
	return m.budget
}

func (m *Manager) currentBudget() budget {
	m.lock()
	defer m.mu.Unlock()
	return m.budgetLocked()
}

// whenDue calls fn if the time that the budget says has come, otherwise when it
// does: a pause has moved it.
func (m *Manager) whenDue(at func(budget) time.Time, fn func()) {
	if left := time.Until(at(m.currentBudget())); left > 0 {
		time.AfterFunc(left, func() { m.whenDue(at, fn) })
		return
	}
	fn()
}
