package shutdown_test

import (
	"maps"
	"slices"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// What a manager is to the one around it: a part that ends when its own stop is
// complete, with what failed in that. It is told by its context, forced with the
// other, and never has more time than what runs it.

// runInside is t calling the Run of a manager of its own.
func (m *model) runInside(t *task) {
	inner := m.manager(t.grace)
	t.inner, inner.runs, inner.house = inner, m, t
	m.want.managers[t.part] = inner.ending
	for _, p := range t.inside {
		inner.add(p)
	}
	inner.orphaned = m.hasEnded(t)
	if shutdown.Idle < m.state && m.state < stopped { // others tell nobody
		inner.outer = m
		inner.room = m.enter(t)
	}
	if t.slot != nil {
		inner.half = (t.slot.until(m.stop()) - m.now) / 2
	}
	inner.run()
	m.changed = true
}

// enter makes of the manager that t runs a scope where t runs.
func (m *model) enter(t *task) *task {
	p := &part{kind: shutdown.KindScope, name: "manager", early: true, isManager: true}
	if t.kind != shutdown.KindActor || t.late {
		p.into = t.part
	}
	m.add(p)
	room := m.taskOf[p]
	room.inner = t.inner
	return room
}

// hasEnded reports whether the context of t has ended, with which it runs a manager.
// That of a finalizer lives until its slot ends; one that begins after the stop has
// none.
func (m *model) hasEnded(t *task) bool {
	if t.kind == shutdown.KindFinalizer {
		return t.slot == nil
	}
	return t.told || m.isTold(t)
}

// parentsCause is what ended the context given to Run.
func (m *model) parentsCause() string {
	if m.runs == nil {
		return "parent"
	}
	return m.runs.ending.cause
}

// stop returns the budget of the stop: no more than what those around leave.
func (m *model) stop() budget {
	b := m.own
	if m.outer != nil && b.began != never && m.state < stopped {
		if end := m.timeLeft(); end != never {
			b.endBy(end)
		}
	}
	return b
}

// timeLeft returns when the time ends that a stop has which is under way; never:
// nobody has said yet. A forced stop has an end of its own.
func (m *model) timeLeft() time.Duration {
	outer := m.outer.stop()
	outer.forced = never
	if t := m.outer.turnAround(m.room); t != nil {
		return m.withMargin(t.slot.end, m.outer.budget(t.turnOf).grace)
	}
	if outer.began == never {
		return never
	}
	end, chance := outer.actors(), outer.abandon()
	if !m.room.held { // it waits for its turn
		end, chance = outer.lastCall(), outer.over()
	}
	if end = m.withMargin(end, outer.grace); m.own.began < end {
		return end
	}
	return m.withMargin(chance, outer.grace)
}

// noticeLessTime notes that those around leave m less time than it had. M itself looks
// at the clock again at each beat: what is due before that happens a little late.
func (m *model) noticeLessTime() {
	b := m.stop()
	if m.own.began == never || m.state == stopped || m.outer == nil || b.grace >= m.given {
		return
	}
	m.given, m.changed = b.grace, true
	due := func(at time.Duration) { m.want.race = m.want.race || at < m.now+beat }
	if m.state < shutdown.Finalizing {
		due(b.actors())
	}
	due(b.over())
	for _, inner := range m.insideOf() {
		due(inner.toldAt())
	}
	m.considerEnds(&m.main, due)
	for _, t := range m.tasks {
		m.considerEnds(&t.content, due)
	}
}

// noteLeaving notes that t, which runs a manager, ends before a list has come to it. If
// that waits for something to do, it may come first: then what follows shares the slot.
func (m *model) noteLeaving(t *task) {
	if z := m.listOf(t); z != nil && t.inner != nil && !t.held && !slices.Contains(z.current, t) {
		z.left = m.now
		m.want.race = m.want.race || t.added == m.now && m.state == shutdown.Finalizing
	}
}

// withMargin is end less what m leaves unused of the grace around.
func (m *model) withMargin(end, grace time.Duration) time.Duration {
	return end - max(0, min(grace/innerMargin, (end-m.own.began)/marginAtMost))
}

// insideOf returns the managers that run inside of m.
func (m *model) insideOf() (all []*model) {
	for _, inner := range m.managers {
		if inner.outer == m && inner.state < stopped {
			all = append(all, inner)
		}
	}
	return all
}

// tellInside tells the managers that are run with a context of m's to stop, for whom
// the time has come, and reports whether there were any. That context ends whether or
// not they are inside of m.
func (m *model) tellInside() (told bool) {
	for _, inner := range m.managers {
		if inner.runs == m && inner.state < stopped && inner.ending.cause == "" && inner.toldAt() <= m.now {
			inner.request(m.ending.cause, true)
			told = true
		}
	}
	return told
}

// toldAt is when m is told to stop by what runs it: when the context of that has
// ended. That of a finalizer would do so at the very end: there m is told when half of
// the slot is left. Never: nobody knows yet.
func (m *model) toldAt() time.Duration {
	t := m.house
	switch {
	case t.kind == shutdown.KindFinalizer && t.slot != nil:
		return t.slot.until(m.runs.stop()) - m.half
	case t.isService() && t.told, !t.isService() && m.runs.isTold(t):
		return 0
	}
	return never
}

// forceInside forces the stops of those inside of m that have begun; the others
// are forced from their beginning.
func (m *model) forceInside() {
	m.changed = true
	for _, inner := range m.insideOf() {
		if inner.state >= shutdown.Stopping && inner.own.forced == never {
			inner.force()
		}
	}
}

// waitsForInside reports whether a forced stop, which waits for nobody else, still
// waits for those inside of m.
func (m *model) waitsForInside() bool {
	if m.stop().forced == never || m.now >= m.stop().over() {
		return false
	}
	all := m.insideOf()
	for _, inner := range all {
		if inner.ending.cause == "" {
			inner.request(m.ending.cause, true)
		}
	}
	return len(all) > 0
}

// leave is the end of m for those around.
func (m *model) leave() {
	if m.outer != nil {
		m.outer.finish(m.room)
	}
	if m.runs != nil {
		m.runs.finish(m.house)
	}
}

// brought returns what the manager that t ran has failed with: nothing as long as that
// runs.
func (t *task) brought() map[string]bool {
	if t.inner == nil || t.inner.state < stopped {
		return nil
	}
	return t.inner.ending.result
}

// fails reports whether t ends, or has ended, with a failure.
func (t *task) fails() bool {
	return t.does.isFailure() || t.failsWhenCut() || len(t.brought()) > 0
}

// panicked reports whether that is a panic. One that is all that a manager failed
// with goes through what runs it, as it is.
func (t *task) panicked() bool {
	return t.does == panics || t.failure() != t.name
}

// failure is the name under which t fails.
func (t *task) failure() string {
	if all := slices.Collect(maps.Keys(t.brought())); len(all) == 1 && t.inner.ending.panics[all[0]] {
		return all[0]
	}
	return t.name
}

// bringsCut reports whether t ends with nothing but that its time was up.
func (t *task) bringsCut() bool {
	return t.saysCut() || len(t.brought()) == 1 && t.brought()["forced"]
}

// isTied reports whether t has ended at the very instant at which nobody waits any
// more.
func (m *model) isTied(t *task) bool {
	return t.over && (t.does == obeys && t.until == m.now || t.inner != nil && t.inner.ending.returned == m.now)
}
