package shutdown_test

import (
	"slices"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// finish is the end of what t does.
func (m *model) finish(t *task) {
	t.over = true
	m.changed = true
	switch {
	case t.kind == shutdown.KindScope:
		t.cut = m.serviceOf(t) == nil && m.wasCut(t)
		if t.bringsCut() && m.isCut(t) {
			m.note(&m.ending.cut, t, false)
		}
		m.finishOwner(t)
	case t.isService():
		m.finishService(t)
	case t.kind == shutdown.KindActor:
		m.finishActor(t)
	case t.kind == shutdown.KindHold:
		if m.wasCut(t) {
			m.note(&m.ending.cut, t, false)
		}
	case t.ahead:
		m.unlist(t) // what failed is its owner's
	case t.fails():
		m.finalizerFailed(t)
	}
}

// readingTakes is how long an error may take to say what it is.
const readingTakes = 100 * time.Millisecond

// askIfDue begins the stop because an actor or service has brought an error, of
// which nobody knows what it is.
func (m *model) askIfDue(t *task) {
	begins := m.ending.cause == "" || m.state == shutdown.Draining // it is known that it did not return nil
	if t.end() <= m.now && begins && !t.isFinalizer() {
		m.request(t.name, true)
	}
}

func (m *model) finishActor(t *task) {
	switch {
	case m.failed(t):
		m.note(&m.ending.failed, t, false)
		m.request(t.failure(), false)
	case (t.variant || t.bringsCut()) && m.wasCut(t):
		m.note(&m.ending.cut, t, false)
	}
	if m.ending.cause == "" { // to return nil ends no drain
		m.request(t.name, true)
	}
}

func (m *model) finishService(t *task) {
	switch {
	case m.failed(t):
		m.note(&m.ending.failed, t, false)
		m.request(t.failure(), false)
	case t.cut && (t.bringsCut() || t.variant):
		m.note(&m.ending.cut, t, false)
	}
	m.finishOwner(t)
}

// failed reports whether what an actor or service brought is a failure of its own.
func (m *model) failed(t *task) bool {
	switch {
	case t.does == fails: // an Add actor that was interrupted may say what it likes
		return !(t.kind == shutdown.KindActor && t.variant && (t.late || m.state >= shutdown.Stopping))
	case t.kind == shutdown.KindActor && t.held && t.bringsCut():
		return !m.wasCut(t) && t.says != "that a context was cancelled" // the time was up before it began
	case t.grace > 0 && t.bringsCut():
		return !t.cut
	}
	return t.fails()
}

// wasCut reports whether the time for work ended while t ran.
func (m *model) wasCut(t *task) bool { return m.workOver != never && t.added < m.workOver }

// isCut reports whether that of the scope t, or of what it lies in, did.
func (m *model) isCut(t *task) bool {
	return t.cut || t.into != nil && m.isCut(m.taskOf[t.into])
}

// finalizerFailed notes the failure of a finalizer. As long as a scope can return
// it, it is the business of whoever called Scope.
func (m *model) finalizerFailed(t *task) {
	outside := t.by == nil || t.by.owner == nil || t.by.owner.isService() ||
		t.by.complete || t.by.owner.does == panics || t.by.owner.does == exits
	if t.panicked() && m.ending.cause == "" {
		m.request(t.failure(), false)
	}
	m.note(&m.ending.failed, t, !t.panicked() && (!outside || m.ending.cause == ""))
}

// note notes in a list, and unless it is somebody else's to deal with in Run's
// result, how t ended.
func (m *model) note(list *[]string, t *task, aside bool) {
	if m.state == shutdown.Stopped {
		return
	}
	*list = append(*list, t.name)
	if !aside {
		m.ending.result[t.failure()] = true
		m.raise(m.badnessOf(list, t))
	}
	if t.panicked() && list == &m.ending.failed {
		m.ending.panics[t.failure()] = true
	}
}

// badnessOf returns how bad it is that t is in a list.
func (m *model) badnessOf(list *[]string, t *task) badness {
	switch {
	case list == &m.ending.stuck:
		return hang
	case list == &m.ending.cut:
		return failure
	case t.does == panics:
		return crash
	case t.inner != nil:
		return t.inner.ending.worst
	}
	return failure
}

// noteGivenUp notes what goes on in a scope whose time is up: it is its caller's, and
// nothing new to a stop that comes later. During a stop, that says itself what is
// stuck in the end.
func (m *model) noteGivenUp(z *finalization) {
	for _, t := range z.overtaken {
		if m.state < shutdown.Stopping && m.isBusy(t) {
			m.note(&m.ending.stuck, t, true)
			t.given = true
		}
	}
}

// conclude is the end of the stop.
func (m *model) conclude() {
	for _, t := range m.tasks {
		if m.isTied(t) {
			m.want.tied[t.name], m.want.tied[t.failure()] = true, true
		}
		if m.isStuck(t) {
			m.note(&m.ending.stuck, t, false)
		}
	}
	m.state, m.main.closed = shutdown.Stopped, true
	m.ending.returned = m.now
	slices.Sort(m.ending.stuck)
	slices.Sort(m.ending.cut)
	slices.Sort(m.ending.failed)
	if m.stop().forced != never {
		m.ending.result["forced"] = true
		m.ending.worst = force
	}
	if !m.asked {
		m.ending.result[m.ending.cause] = true
	}
	m.endWorkOf(nil)
	m.leave()
}

// isStuck reports whether t has begun and not returned. A scope or service that
// has is named by what it has opened.
func (m *model) isStuck(t *task) bool {
	return !t.over && !t.given && (t.held || t.turn != never || t.kind == shutdown.KindScope && !t.unlisted)
}
