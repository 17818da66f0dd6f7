package shutdown

import (
	"context"
	"time"

	"github.com/seed7e043c35/lastcall/signals"
)

// A reloader does what SIGHUP asks for where it does not ask for a stop: it calls
// Reload, one call at a time, and once more if another signal came meanwhile.
type reloader struct {
	engine   *engine
	reload   func(ctx context.Context) error // nil: SIGHUP does nothing
	terminal bool                            // there was one when Run began, and SIGHUP may mean its closing

	// guarded by the engine's mu
	reloading bool
	again     bool // SIGHUP has come meanwhile
	said      bool // that it does nothing
}

// reloadName is the name under which a reload is waited for.
const reloadName = "reload"

// isClosing reports whether SIGHUP says that the terminal has been closed that the
// program had: that asks for a stop, whatever else SIGHUP is for.
func (r *reloader) isClosing() bool { return r.terminal && !signals.Terminal() }

// hangup is what SIGHUP asks for where it does not ask for a stop.
func (r *reloader) hangup() {
	e := r.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case r.reload == nil && !r.said:
		r.said = true
		e.ledger.emit(Event{Type: EventNotice, Err: notice("SIGHUP does nothing here: there is no terminal, and no Reload")}, component{})
	case r.reload != nil:
		r.again = true
		r.beginLocked()
	}
}

// beginLocked begins a reload, in a goroutine of its own, if one has been asked for
// and none is going on.
func (r *reloader) beginLocked() {
	if !r.again || r.reloading || r.engine.state() >= Stopping {
		return
	}
	r.again, r.reloading = false, true
	go r.run() // ends with the reload
}

func (r *reloader) run() {
	e := r.engine
	release, err := e.hold(reloadName)
	if err != nil {
		return
	}
	began := time.Now()
	e.ledger.emit(Event{Type: EventReloading}, component{})
	protect(
		func() error { return r.reload(e.ctx) },
		func(err error) {
			read(err, e.stopCause(), func() {}, func(v verdict) {
				if v.crashed && !v.exits() {
					e.director.armFor(v)
				}
				r.ended(v, time.Since(began))
				release()
			})
		},
	)
}

// ended notes how a reload ended, and begins the next if one has been asked for.
func (r *reloader) ended(v verdict, took time.Duration) {
	e := r.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	var err error
	if v.err != nil && !v.exits() {
		err = failure(component{kind: KindHold, name: reloadName}, v, asActorError)
	}
	if v.crashed && err != nil {
		o := outcome{component: component{kind: KindHold, name: reloadName}, began: time.Now().Add(-took), took: took}
		o.fail(err, v.status)
		e.director.requestLocked(failing(err, v))
		e.ledger.ended(o)
	}
	e.ledger.emit(Event{Type: EventReloaded, Took: took, Err: err}, component{})
	r.reloading = false
	r.beginLocked()
}
