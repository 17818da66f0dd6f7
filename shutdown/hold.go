package shutdown

import "time"

func (e *engine) hold(name string) (release func(), err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.state() >= Stopping {
		return func() {}, ErrStopping
	}
	key := e.holds.take(component{kind: KindHold, name: name})
	return func() { e.release(key) }, nil // the one allocation of a hold
}

func (e *engine) release(key holdKey) {
	e.mu.Lock()
	defer e.mu.Unlock()
	h, ok := e.holds.free(key)
	if !ok || e.state() < Stopping {
		return
	}
	now := time.Now()
	began := e.holds.began(h)
	o := outcome{component: h.component, began: later(began, e.ledger.since(Stopping))}
	o.took = now.Sub(o.began)
	if !e.workOver.IsZero() && began.Before(e.workOver) {
		o.fail(cutError(h.component, verdict{}), failedStatus)
	}
	e.ledger.ended(o)
	e.quietLocked()
}
