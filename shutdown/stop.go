package shutdown

import (
	"syscall"
	"time"

	"github.com/seed7e043c35/lastcall/internal/clock"
	"github.com/seed7e043c35/lastcall/internal/process"
	"github.com/seed7e043c35/lastcall/signals"
)

// Stop asks for a stop because of cause and returns at once. Nil stands for
// [ErrStopped]: all is well. Any other cause makes Run return it, as an error, unless
// it says the exit status 0 and nothing else.
// If a stop is under way, cause is kept and reported; a drain ends.
func (m *Manager) Stop(cause error) {
	if cause == nil || same(cause, ErrStopped) {
		m.request(wish(ErrStopped))
		return
	}
	stop := func(v verdict) { m.request(reason{err: cause, verdict: v, wish: v.isFine()}) }
	read(cause, nil, func() { stop(unread) }, stop)
}

// arm begins the clock of the stop, and under Main the end of the process, unless
// that has been done: it is the first thing to do for whoever brings a cause,
// before taking any lock. Limit is how long the system lets the process live, or
// 0 if it does not say.
func (m *Manager) arm(limit time.Duration) {
	if m.state() < Running {
		return // Run will do it
	}
	if m.clock.Begin(time.Now(), m.graceFor(limit)) {
		if end := m.process.Load(); end != nil {
			end.Arm()
		}
	}
}

// armFor arms for who brings v. A panic decides the exit status whatever the lock
// does.
func (m *Manager) armFor(v verdict) {
	m.arm(0)
	if v.crashed && v.status.Rank == process.Crashed {
		m.ledger.worst.Raise(v.status)
	}
}

// request asks for a stop.
func (m *Manager) request(r reason) {
	m.arm(r.limit())
	m.lock()
	defer m.mu.Unlock()
	m.requestLocked(r)
}

func (m *Manager) requestLocked(r reason) {
	if !r.wish && m.state() != Stopped {
		m.ledger.worst.Raise(r.status)
	}
	if m.ledger.why().err != nil {
		m.ledger.later(r)
		if m.state() == Draining && !r.isReturn() {
			m.enterLocked(Stopping)
		}
		return
	}
	m.ledger.because(r)
	if m.state() == Idle {
		closeOnce(m.draining)
		return // Run will stop as soon as it has begun
	}
	m.stopLocked(m.afterCause(r))
}

// stopLocked begins the stop.
func (m *Manager) stopLocked(next State) {
	m.arm(m.ledger.why().limit())
	if m.outer.isForced() {
		m.clock.Force(time.Now())
	}
	m.guardPipeLocked() // before the first line of log: its reader may be dead already
	m.enterLocked(next)
	m.reminder = time.AfterFunc(m.firstReminder(), m.remind)
}

// afterCause returns the state to enter because of r. Only SIGTERM is for
// load balancers: a person who presses Ctrl-C is not one, and where the system
// limits the time, or the stop has been forced by now, there is none for a drain.
func (m *Manager) afterCause(r reason) State {
	sig, ok := r.err.(*signals.Error)
	if ok && m.set.drain > 0 && sig.Signal == syscall.SIGTERM && sig.Limit == 0 && !m.isForced() {
		return Draining
	}
	return Stopping
}

// drain waits until the drain, if there is one, is over.
func (m *Manager) drain() {
	if m.state() > Draining {
		return
	}
	drain := m.set.drain
	if !m.clock.Await(m.ctx.Done(), func(b clock.Budget) time.Time { return b.At(drain) }) {
		m.enter(Stopping)
	}
}

// force makes now the last call. Nobody is waited for who has begun before.
func (m *Manager) force() {
	if m.state() == Stopped {
		m.endAtOnce() // there is nothing to force but the listeners
		return
	}
	m.clock.Force(time.Now())
	m.lock()
	defer m.mu.Unlock()
	if m.state() == Draining {
		m.enterLocked(Stopping)
	}
	m.forcedLocked()
}

// forcedLocked is what a forced stop does besides making now the last call. One
// that was forced before it could enter Stopping does it there.
func (m *Manager) forcedLocked() {
	if m.state() < Stopping || m.state() == Stopped || !m.ledger.force() {
		return
	}
	m.ledger.worst.Raise(forcedStatus)
	m.cutWorkLocked(ErrForced)
	m.cutServicesLocked()
	m.ledger.emit(Event{Type: EventForced, Err: ErrForced}, component{})
	for _, inner := range m.innerLocked() {
		go inner.force() // ends when it has asked for that
	}
}

// graceFor returns the grace of a stop: the system may allow less than the settings.
func (m *Manager) graceFor(limit time.Duration) time.Duration {
	if limit > 0 {
		return min(m.set.grace, limit)
	}
	return m.set.grace
}

func (m *Manager) guardPipeLocked() {
	if m.unguard == nil && m.set.takesSignals() {
		m.unguard = signals.GuardPipe()
	}
}

func (m *Manager) unguardPipe() {
	m.lock()
	defer m.mu.Unlock()
	if m.unguard != nil {
		m.unguard()
	}
}
