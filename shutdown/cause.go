package shutdown

import (
	"errors"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/seed7e043c35/lastcall/signals"
)

// Stop asks for a stop because of cause and returns at once. Nil stands for
// [ErrStopped]: all is well. Any other cause makes Run return it, as an error.
// If a stop is under way, cause is kept and reported; a drain ends.
func (m *Manager) Stop(cause error) {
	if cause == nil {
		cause = ErrStopped
	}
	m.request(cause, same(cause, ErrStopped))
}

// Signal does what the operating system's sending sig to the process would do,
// had the manager registered for it: for tests, and for other sources of the
// same wish, such as a service control manager. It panics if sig is nil.
func (m *Manager) Signal(sig os.Signal) {
	if sig == nil {
		panic("shutdown: Signal: nil signal")
	}
	m.lock()
	defer m.mu.Unlock()
	meaning := m.repeat.Received(sig, time.Now())
	switch {
	case m.cause == nil || m.state < Stopping && meaning != signals.Echo:
		m.requestLocked(&signals.Error{Signal: sig}, true)
	case m.state >= Stopping && meaning == signals.Insist:
		m.forceLocked()
	case meaning != signals.Echo:
		m.laterLocked(&signals.Error{Signal: sig}, true)
	}
}

// stopCause returns why the stop began, or nil if it has not begun.
func (m *Manager) stopCause() error {
	m.lock()
	defer m.mu.Unlock()
	return m.cause
}

// listen receives signals until the function that it returns is called. Under
// Main that does nothing: a signal in the last moments of a program that has
// done everything right must not kill it.
func (m *Manager) listen() (unlisten func()) {
	if m.Signals != nil && len(m.Signals) == 0 {
		return func() {}
	}
	wanted := m.Signals
	if wanted == nil {
		wanted = signals.Termination()
	}
	received, stop := signals.Notify(wanted...)
	quit := make(chan struct{})
	go func() { // ends when unlisten is called
		for {
			select {
			case sig := <-received:
				m.Signal(sig)
			case <-quit:
				return
			}
		}
	}()
	return func() {
		if m.process {
			return
		}
		stop()
		close(quit)
		m.unguardPipe()
	}
}

// request asks for a stop. Asked says that err is a wish and no failure.
func (m *Manager) request(err error, asked bool) {
	m.lock()
	defer m.mu.Unlock()
	m.requestLocked(err, asked)
}

func (m *Manager) requestLocked(err error, asked bool) {
	if m.cause != nil {
		m.laterLocked(err, asked)
		if m.state == Draining && !finished(err) {
			m.enterLocked(Stopping)
		}
		return
	}
	m.cause, m.asked = err, asked
	if m.state == Idle {
		return // Run will stop as soon as it has begun
	}
	m.stopLocked(m.afterCause(err))
}

// stopLocked begins the stop: the clock starts.
func (m *Manager) stopLocked(next State) {
	m.guardPipeLocked() // before the first line of log: its reader may be dead already
	m.budget = budget{began: time.Now(), grace: m.graceAfter(m.cause)}
	m.enterLocked(next) // before the timers, which take their time to start
	m.remindLocked()
	m.lastBeat, m.pulse = time.Now(), time.AfterFunc(pulse, m.beat)
	if m.atStop != nil {
		m.atStop(m.budget)
	}
}

// laterKept is how many later reasons to stop are kept, and told of, whatever
// they say. Beyond that only failures are kept.
const laterKept = 64

func (m *Manager) laterLocked(err error, asked bool) {
	if asked && (len(m.ledger.later) >= laterKept || m.knownLocked(err)) {
		return
	}
	m.ledger.later = append(m.ledger.later, reason{err, asked})
	if len(m.ledger.later) <= laterKept {
		m.emitLocked(Event{Type: EventCause, Err: err}, component{})
	}
}

// knownLocked reports whether err has been a reason to stop already.
func (m *Manager) knownLocked(err error) bool {
	return same(err, m.cause) || slices.ContainsFunc(m.ledger.later, func(r reason) bool { return same(err, r.err) })
}

// finished reports whether err says that an actor returned nil.
func finished(err error) bool {
	e, ok := err.(*ActorError)
	return ok && e.Err == nil
}

// afterCause returns the state to enter because of err. Only SIGTERM is for
// load balancers: a person who presses Ctrl-C is not one.
func (m *Manager) afterCause(err error) State {
	sig, ok := err.(*signals.Error)
	if ok && m.Drain > 0 && sig.Signal == syscall.SIGTERM && signals.StopLimit(sig.Signal) == 0 {
		return Draining
	}
	return Stopping
}

// drain waits until the drain, if there is one, is over.
func (m *Manager) drain() {
	timer := time.NewTimer(time.Until(m.currentBudget().began.Add(m.Drain)))
	defer timer.Stop()
	select {
	case <-m.ctx.Done(): // Stopping: there was none, or it has been cut short
	case <-timer.C:
		m.enter(Stopping)
	}
}

// forceLocked makes now the last call. A stop that has not ended long after
// that is not worth waiting for: the next time, Main ends the process.
func (m *Manager) forceLocked() {
	if isClosed(m.forced) || m.state == Stopped {
		closeOnce(m.aborted)
		return
	}
	m.budgetLocked()
	m.budget.forced = time.Now()
	close(m.forced)
	m.endWork(ErrForced)
	m.emitLocked(Event{Type: EventForced, Err: ErrForced}, component{})
}

// hurry returns a channel whose closing cuts the present wait short: nil, which
// never is, once the stop has been forced.
func (m *Manager) hurry() <-chan struct{} {
	if isClosed(m.forced) {
		return nil
	}
	return m.forced
}

// await waits for done until the time that a budget says, and reports whether
// it was closed. A forced stop waits for nobody.
func (m *Manager) await(done <-chan struct{}, until func(budget) time.Time) bool {
	for !isClosed(m.forced) {
		if await(done, until(m.currentBudget()), m.forced) {
			return true
		}
		if !time.Now().Before(until(m.currentBudget())) { // otherwise there has been a pause
			return false
		}
	}
	return closedNow(done)
}

// leaveBehind stops waiting for actors and holds, and says for whom.
func (m *Manager) leaveBehind() {
	m.lock()
	defer m.mu.Unlock()
	closeOnce(m.abandoned)
	m.actorsOver = true
	if stuck := m.stuckLocked(); len(stuck) > 0 {
		go m.say(EventStuck, stuck) // ends when their stacks have been found
	}
}

// grace returns Grace or its default.
func (m *Manager) grace() time.Duration {
	if m.Grace == 0 {
		return DefaultGrace
	}
	return m.Grace
}

// graceAfter returns the grace of a stop because of cause: the system may allow
// less than the settings.
func (m *Manager) graceAfter(cause error) time.Duration {
	grace := m.grace()
	if sig, ok := cause.(*signals.Error); ok {
		if limit := signals.StopLimit(sig.Signal); limit > 0 {
			return min(grace, limit)
		}
	}
	return grace
}

func (m *Manager) guardPipeLocked() {
	if m.unguard == nil && (m.Signals == nil || len(m.Signals) > 0) {
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

// result returns what Run returns.
func (m *Manager) result() error {
	m.lock()
	defer m.mu.Unlock()
	told := make(map[error]bool)
	tell := func(errs []error, err error) []error {
		if isComparable(err) {
			if told[err] {
				return errs
			}
			told[err] = true
		}
		return append(errs, err)
	}
	all := tell(nil, m.cause)
	if !m.budget.forced.IsZero() {
		all = tell(all, ErrForced)
	}
	for _, o := range m.ledger.failed {
		if o.err != nil {
			all = tell(all, o.err)
		}
	}
	for _, later := range m.ledger.later {
		if !later.asked {
			all = tell(all, later.err)
		}
	}
	switch {
	case len(all) > 1:
		return errors.Join(all...)
	case m.asked:
		return nil
	}
	return m.cause
}

func closeOnce(c chan struct{}) {
	if !isClosed(c) {
		close(c)
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
