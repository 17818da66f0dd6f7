package shutdown

import (
	"time"

	"github.com/seed7e043c35/lastcall/signals"
)

// isClosing reports whether SIGHUP says that the terminal has been closed that the
// program had: that asks for a stop, whatever else SIGHUP is for.
func (m *Manager) isClosing() bool { return m.set.terminal && !signals.Terminal() }

// hangup is what SIGHUP asks for where it does not ask for a stop.
func (m *Manager) hangup() {
	if m.set.reload != nil {
		m.reload()
		return
	}
	m.lock()
	defer m.mu.Unlock()
	if !m.hungUp {
		m.hungUp = true
		m.ledger.emit(Event{Type: EventNotice, Err: notice("SIGHUP does nothing here: there is no terminal, and no Reload")}, component{})
	}
}

// reload calls Reload, in a goroutine of its own. One that comes meanwhile is done
// afterwards, whatever number of signals asked for it.
func (m *Manager) reload() {
	m.lock()
	defer m.mu.Unlock()
	switch {
	case m.state() >= Stopping:
	case m.reloading:
		m.reloads = true
	default:
		m.reloading = true
		go m.runReload() // ends with it
	}
}

// reloadName is the name under which a reload is waited for.
const reloadName = "reload"

func (m *Manager) runReload() {
	release, err := m.Hold(reloadName)
	if err != nil {
		return
	}
	began := time.Now()
	m.ledger.emit(Event{Type: EventReloading}, component{})
	protect(
		func() error { return m.set.reload(m.ctx) },
		func(err error) {
			read(err, m.stopCause(), func() {}, func(v verdict) {
				if v.crashed && !v.exits() {
					m.armFor(v)
				}
				m.reloaded(v, time.Since(began))
				release()
			})
		},
	)
}

// reloaded notes how a reload ended, and begins the next if one has been asked for.
func (m *Manager) reloaded(v verdict, took time.Duration) {
	m.lock()
	defer m.mu.Unlock()
	var err error
	if v.err != nil && !v.exits() {
		err = failure(component{kind: KindHold, name: reloadName}, v, asActorError)
	}
	if v.crashed && err != nil {
		o := outcome{component: component{kind: KindHold, name: reloadName}, began: time.Now().Add(-took), took: took}
		o.fail(err, v.status)
		m.requestLocked(failing(err, v))
		m.ledger.ended(o)
	}
	m.ledger.emit(Event{Type: EventReloaded, Took: took, Err: err}, component{})
	m.reloading = false
	if m.reloads && m.state() < Stopping {
		m.reloads, m.reloading = false, true
		go m.runReload() // ends with it
	}
}
