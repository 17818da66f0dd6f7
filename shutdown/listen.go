package shutdown

import (
	"os"
	"slices"
	"time"

	"github.com/seed7e043c35/lastcall/internal/process"
	"github.com/seed7e043c35/lastcall/signals"
)

// Signal does what the operating system's sending sig to the process would do,
// had the manager registered for it: for tests, and for other sources of the
// same wish, such as a service control manager. With Reload set, SIGHUP asks for
// that. A limit that the system sets to a process that it ends by sig does not
// apply. Signal panics if sig is nil.
func (m *Manager) Signal(sig os.Signal) {
	if sig == nil {
		panic("shutdown: Signal: nil signal")
	}
	if m.reloads(sig) {
		return
	}
	m.act(&signals.Error{Signal: sig}, m.presses.heard(sig, m.stage(), time.Now()))
}

// reloads reports whether sig is SIGHUP and asks for a reload, and begins that. Before
// Run there is nothing to be read again.
func (m *Manager) reloads(sig os.Signal) bool {
	m.lock()
	set := m.set
	waits := set == nil && m.Reload != nil && isHangup(sig)
	m.mu.Unlock()
	if set == nil || set.reload == nil || !isHangup(sig) || m.reloader.isClosing() {
		return waits
	}
	m.reloader.hangup()
	return true
}

// act does what a signal asks for.
func (m *Manager) act(sig *signals.Error, w wanted) {
	switch w {
	case toBegin, toHasten, toBeHeard:
		m.request(wish(sig))
	case toForce:
		m.force()
	case toEnd:
		m.endAtOnce()
	}
}

// endAtOnce is what a third Ctrl-C asks for: under Main the end of the process,
// otherwise that Run waits for no listener.
func (m *Manager) endAtOnce() {
	if end := m.process.Load(); end != nil {
		end.Worst.Raise(forcedStatus)
		end.Now()
	}
	m.lock()
	defer m.mu.Unlock()
	closeOnce(m.ledger.aborted)
}

var forcedStatus = process.Status{Rank: process.Forced, Code: process.StatusForced}

// listen receives signals until the function that it returns is called. Under
// Main that does nothing: a signal in the last moments of a program that has
// done everything right must not kill it.
//
// One goroutine receives and takes no lock; what is to be done is done by
// another.
func (m *Manager) listen() (unlisten func()) {
	if !m.set.takesSignals() {
		return func() {}
	}
	received, stop := signals.Notify(slices.Concat(m.set.signals, m.set.hangup)...)
	acts, quit := make(chan func(), cap(received)), make(chan struct{})
	go receive(received, m.received, acts, quit) // ends at unlisten
	go func() {                                  // ends after receive
		for act := range acts {
			act()
		}
	}()
	return func() {
		if m.process.Load() != nil {
			return
		}
		stop()
		close(quit)
		m.unguardPipe()
	}
}

// receive hands what act says is to be done because of a signal to acts, until quit.
// In a storm that outruns us what has been said already is dropped, and leaves room
// for what has not: the stop begins once, and is forced once.
func receive(received <-chan os.Signal, act func(os.Signal) (func(), bool), acts chan<- func(), quit <-chan struct{}) {
	defer close(acts)
	for {
		select {
		case sig := <-received:
			do, first := act(sig)
			if do == nil || !first && len(acts) >= cap(acts)/2 {
				continue
			}
			select {
			case acts <- do:
			default:
			}
		case <-quit:
			return
		}
	}
}

// received returns what is to be done because the system sent sig, if anything, and
// whether nobody can have said it yet. What must not wait for the lock is done at
// once.
func (m *Manager) received(sig os.Signal) (act func(), first bool) {
	if slices.Contains(m.set.hangup, sig) && !m.reloader.isClosing() {
		return m.reloader.hangup, false
	}
	e := &signals.Error{Signal: sig, Limit: signals.StopLimit(sig)}
	w := m.presses.heard(sig, m.stage(), time.Now())
	switch w {
	case nothing:
		return nil, false
	case toBegin:
		m.arm(e.Limit)
	case toEnd:
		m.endAtOnce()
	}
	return func() { m.act(e, w) }, w != toBeHeard
}

// heard takes sig, of which an actor says that it came, for that signal, if it is one
// that the manager stops for: then its own copy of it is an echo.
func (m *Manager) heard(sig os.Signal) bool {
	own := slices.Contains(m.set.signals, sig) // there are settings: actors begin after Run
	if own {
		m.Signal(sig)
	}
	return own
}
