package shutdown_test

import (
	"slices"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

const stopped = shutdown.Stopped

// beginStop is the beginning of the stop.
func (m *model) beginStop() {
	m.state = shutdown.Stopping
	m.own = budget{m.now, m.grace, never}
	m.given = m.stop().grace
	if m.outer != nil && m.outer.stop().forced != never {
		for _, t := range m.tasks { // its interrupt is called in the same instant
			m.want.race = m.want.race || t.kind == shutdown.KindActor && t.variant && t.over
		}
		m.force()
	}
}

// A finalization is the list of the manager, of a scope or of a service, and how
// far it has come.
type finalization struct {
	owner     *task   // nil: the manager
	list      []*task // the oldest first
	closed    bool    // nothing is put on the list any more
	own       budget  // of an owner whose function has ended
	slot      turnTime
	turned    time.Duration // when that was given
	current   []*task       // what the next waits for
	overtaken []*task       // what goes on
	unwaited  []*task       // of those, what nobody waits behind
	complete  bool
	left      time.Duration // when something last ended on it that nobody waited for: what begins in the same instant may have come first
}

// settle does what follows at once from how things stand.
func (m *model) settle() {
	if m.tellInside() {
		return // they come first
	}
	for again := true; again; {
		again = false
		for _, t := range m.tasks {
			if t.ownsList() && t.over && !t.content.complete && m.advance(&t.content) {
				m.complete(t)
				again = true
			}
		}
	}
	if m.state == shutdown.Draining && m.now >= m.stop().began+m.drain {
		m.state = shutdown.Stopping
	}
	if m.state == shutdown.Stopping && !m.tellInside() {
		m.stopActors()
	}
	if m.state == shutdown.Finalizing && m.advance(&m.main) && !m.waitsForInside() {
		m.conclude()
	}
}

// stopActors is Stopping: until the last actor, hold and scope is over, or
// their time is.
func (m *model) stopActors() {
	m.beginTold()
	busy := func() bool {
		return slices.ContainsFunc(m.tasks, func(t *task) bool { return t.held && m.isBusy(t) })
	}
	if m.now >= m.stop().actors() && busy() {
		m.endWork()
	}
	if !busy() || m.now >= m.stop().abandon() {
		m.state = shutdown.Finalizing
		m.settle() // a scope's time may be over with that
	}
}

// endWork ends WorkContext.
func (m *model) endWork() {
	m.workOver = min(m.workOver, m.now)
	m.endWorkOf(nil)
}

// endWorkOf ends what those obey who work for service; nil: for the manager.
func (m *model) endWorkOf(service *task) {
	for _, t := range m.tasks {
		if t.obeysWork() && m.serviceOf(t) == service {
			m.end(t)
		}
	}
}

// force is a second Ctrl-C.
func (m *model) force() {
	m.own.forced = m.now
	m.endWork()
	for _, t := range m.tasks { // who has been told, and goes on, has no more time
		t.cut = t.cut || t.isService() && t.told && !t.over
	}
	m.forceInside()
}

// isRaceToForce reports whether a list inside of another waits for something: when
// the stop is forced, both go on at the same instant with what is on it.
func (w *world) isRaceToForce() bool {
	return slices.ContainsFunc(w.managers, func(m *model) bool { return slices.ContainsFunc(m.tasks, racesToForce) })
}

func racesToForce(t *task) bool {
	begins := t.kind == shutdown.KindScope && !t.over && t.does == obeys // at that instant
	return len(t.content.list) > 0 && (len(t.content.current) > 0 || begins)
}

// end ends what t obeys, unless that is its owner's.
func (m *model) end(t *task) {
	if !t.ahead {
		t.until = min(t.until, m.now)
		m.finishIfDue(t)
	}
}

// advance goes on with z, and reports whether there is nothing left to wait for.
func (m *model) advance(z *finalization) (complete bool) {
	for {
		if len(z.current) > 0 && !m.endTurn(z) {
			return false
		}
		if !m.nextTurn(z) {
			break
		}
		if m.tellInside() {
			return false
		}
	}
	last, goesOn := time.Duration(-1), false
	for _, t := range z.overtaken {
		if m.isBusy(t) {
			last, goesOn = max(last, t.turn), true
		}
	}
	if goesOn && m.now < m.budget(z).waitedUntil(last) {
		return false
	}
	z.closed = true
	for _, t := range z.unwaited {
		if goesOn && m.isBusy(t) {
			m.cut(t)
		}
	}
	return true
}

// endTurn ends the turn of z, if it is over. Who overstays its slot is overtaken.
func (m *model) endTurn(z *finalization) (over bool) {
	busy := slices.ContainsFunc(z.current, m.isBusy)
	if busy && z.slot.waited && m.now < z.slot.until(m.budget(z)) {
		return false
	}
	if z.slot.waited {
		for _, t := range z.current {
			m.cut(t)
		}
	}
	for _, t := range z.current {
		if m.isBusy(t) {
			m.overtake(z, t)
		}
	}
	z.current = nil
	return true
}

// cut is the end of the slot of t, if that has not ended before.
func (m *model) cut(t *task) {
	switch {
	case !m.isBusy(t):
	case t.isService():
		if !t.over {
			t.cut = true
			m.replace(t)
		}
		m.end(t)
		m.endWorkOf(t)
		if t.over && m.isBusy(t) && m.advance(&t.content) {
			m.complete(t)
		}
	case t.kind != shutdown.KindScope:
		m.end(t)
	}
}

// overtake gives up waiting for t. What it holds goes to z.
func (m *model) overtake(z *finalization, t *task) {
	t.overtaken = true
	switch {
	case t.ownsList():
		m.replace(t)
	case t.ahead:
		m.unlist(t)
	}
	if t.held && !t.over {
		return // it was left behind with the actors
	}
	z.overtaken = append(z.overtaken, t)
	if !z.slot.waited {
		z.unwaited = append(z.unwaited, t)
	}
}

// nextTurn begins the turn of what is newest on z, if there is anything.
func (m *model) nextTurn(z *finalization) bool {
	b := m.budget(z)
	if m.now >= b.over() {
		z.closed = true
	}
	m.takeOver(z)
	if len(z.list) == 0 {
		return false
	}
	m.want.race = m.want.race || z.left == m.now
	group := m.group(z)
	oldest, within := len(group) == len(z.list), group[0].within
	if within > 0 || !z.slot.shares(b, m.now, oldest) {
		z.slot = b.slot(m.now, within, oldest)
	}
	z.current, z.turned = group, m.now
	for _, t := range group {
		t.turn = m.now
	}
	for _, t := range group {
		m.tell(z, t)
	}
	return true
}

// takeOver puts in the place of scopes that have had their time what they hold.
func (m *model) takeOver(z *finalization) {
	for len(z.list) > 0 {
		t := z.list[len(z.list)-1]
		if t.kind != shutdown.KindScope || !m.hadItsTime(t) {
			return
		}
		t.turn, t.overtaken = m.now, true
		m.replace(t)
		if !t.held || t.over {
			z.overtaken = append(z.overtaken, t)
		}
	}
}

// hadItsTime reports whether no list waits for the scope t any more.
func (m *model) hadItsTime(t *task) bool {
	return t.held && m.state >= shutdown.Finalizing || m.isOvertaken(t)
}

// isOvertaken reports whether t, or what it was opened in, has been overtaken.
func (m *model) isOvertaken(t *task) bool {
	return t.overtaken || t.into != nil && m.isOvertaken(m.taskOf[t.into])
}

// group returns what has the next turn: scopes next to each other together.
func (m *model) group(z *finalization) (group []*task) {
	for i := len(z.list) - 1; i >= 0; i-- {
		t := z.list[i]
		if len(group) == 0 && t.kind != shutdown.KindScope {
			return []*task{t}
		}
		if t.kind != shutdown.KindScope || m.hadItsTime(t) {
			break
		}
		group = append(group, t)
	}
	return group
}

// tell begins the turn of t.
func (m *model) tell(z *finalization, t *task) {
	switch {
	case t.ownsList():
		slot := z.slot
		t.told = true
		t.slot, t.turnOf = &slot, z
		m.endBy(t, slot.end)
		if t.over {
			m.want.race = m.want.race || t.content.turned == m.now
			if m.advance(&t.content) {
				m.complete(t)
			}
		} else if t.isService() {
			if t.began == never {
				m.begin(t)
			}
			m.beginTold()
		}
	case !t.ahead:
		z.list = z.list[:len(z.list)-1]
		m.start(z, t)
	}
}

// start calls a finalizer or resource.
func (m *model) start(z *finalization, t *task) {
	t.by = z
	slot := z.slot
	t.slot, t.turnOf = &slot, z
	if t.closed {
		t.over = true
		return
	}
	if z.owner == nil && !t.loose && !t.isEnsured() {
		m.ending.starts = append(m.ending.starts, t.name)
	}
	if t.kind == shutdown.KindResource {
		m.want.leaked++
	}
	m.unwaited = !z.slot.waited
	m.call(t)
	m.unwaited = false
}

// turnAround returns what has had its turn, of t and what t lies in and has not ended,
// the innermost; nil if there is none.
func (m *model) turnAround(t *task) *task {
	for around := t; around != nil; around = m.taskOf[around.into] {
		ended := around.over && (!around.ownsList() || around.content.complete)
		if around.slot != nil && (around == t || !ended) {
			return around
		}
	}
	return nil
}

// endBy lets the lists end by then that t and what is on its list have begun to end.
func (m *model) endBy(t *task, end time.Duration) {
	if t.over {
		t.content.own.endBy(end)
	}
	for _, k := range t.content.list {
		if k.kind == shutdown.KindScope {
			m.endBy(k, end)
		}
	}
}

// considerEnds considers the instants at which something of z ends.
func (m *model) considerEnds(z *finalization, consider func(time.Duration)) {
	b := m.budget(z)
	if len(z.overtaken) > 0 {
		consider(b.over())
	}
	if len(z.current) > 0 {
		consider(z.slot.until(b))
	}
}

// end of the function of an owner of a list: what it holds is ended.
func (m *model) finishOwner(t *task) {
	t.content.own = budget{m.now, m.grace, never}
	if around := m.turnAround(t); around != nil {
		t.content.own.endBy(around.slot.end)
	}
	m.beginTold()
	constructed := t.kind == shutdown.KindScope && t.variant && (t.does == returns || t.does == obeys && t.says == "")
	if constructed || len(t.content.list) == 0 {
		m.complete(t) // otherwise settle goes on
	}
}

// complete is the end of a scope or service. What it still holds, because it was
// a constructor, goes to the list around it.
func (m *model) complete(t *task) {
	m.noteLeaving(t)
	z := &t.content
	z.complete = true
	m.noteGivenUp(z)
	m.handOn(t)
	m.replace(t)
	z.closed = true
	kept := z.list
	z.list = nil
	for _, k := range kept { // if it was on no list, since the stop was over
		m.put(k, t.into)
	}
	if t.isService() {
		m.endWorkOf(t)
	}
}

// handOn lets the list around wait for what goes on in t, which had a slot.
func (m *model) handOn(t *task) {
	if m.turnAround(t) == nil {
		return
	}
	around := &m.main
	for p := t.into; p != nil && !p.isFinalizer(); p = p.into {
		if z := &m.taskOf[p].content; !z.closed {
			around = z
			break
		}
	}
	for _, u := range t.content.overtaken {
		if m.isBusy(u) {
			around.overtaken = append(around.overtaken, u)
		}
	}
}

// listOf returns the list that t is on, or nil.
func (m *model) listOf(t *task) *finalization {
	if slices.Contains(m.main.list, t) {
		return &m.main
	}
	for _, around := range m.tasks {
		if slices.Contains(around.content.list, t) {
			return &around.content
		}
	}
	return nil
}

// replace puts what t holds where t is, if it is on a list.
func (m *model) replace(t *task) {
	if z := m.listOf(t); z != nil {
		i := slices.Index(z.list, t)
		z.list = slices.Replace(z.list, i, i+1, t.content.list...)
		t.content.list, t.content.closed = nil, true
	}
}

func (m *model) unlist(t *task) {
	if z := m.listOf(t); z != nil {
		z.list = slices.DeleteFunc(z.list, func(u *task) bool { return u == t })
	}
}
