package shutdown_test

import (
	"slices"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// The parts of a grace of 10 s.
const (
	actorsUntil  = 8 * time.Second
	abandonedAt  = 8500 * time.Millisecond
	lastCallAt   = 9500 * time.Millisecond
	overAt       = 9800 * time.Millisecond
	forcedLasts  = 200 * time.Millisecond
	shortestSlot = time.Millisecond
	inHaste      = 100 // in the last call a slot is shared by those that begin in its first hundredth
	sameRequest  = 500 * time.Millisecond
)

// A finalization is the list of the manager or of a scope, and how far it has
// come.
type finalization struct {
	scope     *task         // nil: the manager's
	list      []*task       // the oldest first
	closed    bool          // nothing is put on the list any more
	ended     time.Duration // of a scope whose function is over: when that was
	current   *task         // the next waits for it
	slotEnd   time.Duration // until then
	shared    time.Duration // until when another may begin in the same slot
	overtaken []*task       // what goes on
	complete  bool
}

// settle does what follows at once from how things stand.
func (m *model) settle() {
	for _, t := range m.tasks {
		if t.kind == shutdown.KindScope && t.over && !t.content.complete && m.advance(&t.content) {
			m.completeScope(t)
		}
	}
	if m.state == shutdown.Draining && m.now >= m.began+m.drain {
		m.state = shutdown.Stopping
	}
	if m.state == shutdown.Stopping {
		m.stopActors()
	}
	if m.state == shutdown.Finalizing && m.advance(&m.main) {
		m.conclude()
	}
}

// stopActors is Stopping: until the last actor, hold and scope is over, or
// their time is.
func (m *model) stopActors() {
	for _, t := range m.tasks {
		if t.held && t.began == never {
			m.begin(t)
		}
	}
	if m.now >= m.began+actorsUntil {
		m.endWork()
	}
	busy := slices.ContainsFunc(m.tasks, func(t *task) bool { return t.held && m.isBusy(t) })
	if !busy || m.now >= m.began+abandonedAt || m.forced != never {
		m.state = shutdown.Finalizing
	}
}

// endWork ends WorkContext.
func (m *model) endWork() {
	m.workOver = true
	for _, t := range m.tasks {
		if t.obeysWork() {
			m.end(t)
		}
	}
}

// force is a second Ctrl-C.
func (m *model) force() {
	m.forced = m.now
	m.endWork()
	m.cut(&m.main)
	for _, t := range m.tasks {
		m.cut(&t.content)
	}
}

// cut ends the slot of what z waits for.
func (m *model) cut(z *finalization) {
	if z.current != nil {
		z.slotEnd, z.shared = m.now, 0
		m.end(z.current)
	}
}

// end ends what t obeys, unless that is its owner's.
func (m *model) end(t *task) {
	if !t.ahead {
		t.until = min(t.until, m.now)
		m.finishIfDue(t)
	}
}

// advance starts what is to be started now, newest first, and reports whether
// there is nothing left to wait for. Who overstays its slot is overtaken.
func (m *model) advance(z *finalization) (complete bool) {
	for {
		if z.current != nil {
			if !z.current.over && m.now < z.slotEnd {
				return false
			}
			z.overtaken = append(z.overtaken, z.current)
			z.current = nil
		}
		t := m.takeNewest(z)
		if t == nil {
			z.shared = 0
			break
		}
		m.start(z, t)
	}
	_, over := m.times(z)
	return m.now >= over || !slices.ContainsFunc(z.overtaken, func(t *task) bool {
		return m.isBusy(t) && (m.forced == never || t.turn >= m.forced)
	})
}

// takeNewest takes what is next off the list. Where that is a scope, what it
// holds takes its place; what it runs by itself is waited for at the end.
func (m *model) takeNewest(z *finalization) *task {
	for len(z.list) > 0 {
		last := len(z.list) - 1
		t := z.list[last]
		if t.kind != shutdown.KindScope {
			z.list = z.list[:last]
			return t
		}
		if t.over {
			t.turn = t.content.ended
			z.overtaken = append(z.overtaken, t)
		}
		m.replace(z, t)
	}
	return nil
}

// start begins the turn of t.
func (m *model) start(z *finalization, t *task) {
	if t.closed {
		return
	}
	t.turn = m.now
	end, waited := m.slot(z, t.within)
	if waited {
		z.current, z.slotEnd = t, end
	} else {
		z.overtaken = append(z.overtaken, t)
	}
	switch {
	case t.ahead:
		return
	case t.isService():
		if t.until = end; t.began == never {
			m.begin(t)
		}
		return
	}
	t.until = end
	t.reported = z.scope == nil || z.scope.does == panics || z.scope.does == exits
	if z.scope == nil && !t.loose && !t.isEnsured() {
		m.want.starts = append(m.want.starts, t.name)
	}
	if t.kind == shutdown.KindResource {
		m.want.leaked++
	}
	m.unwaited = !waited
	m.call(t)
	m.unwaited = false
}

// slot returns when the slot of a finalizer ends that starts now, and whether
// the next waits for that.
func (m *model) slot(z *finalization, within time.Duration) (end time.Duration, waited bool) {
	if m.now < z.shared && within == 0 {
		return z.slotEnd, true
	}
	z.shared = 0
	call, over := m.times(z)
	end, waited = call, true
	if m.now >= call {
		half := (over - m.now) / 2
		end, waited = m.now+half, half >= shortestSlot
		if !waited {
			end = over
		} else if within == 0 {
			z.shared = m.now + half/inHaste + 1
		}
	}
	if within > 0 {
		end = min(end, m.now+within)
	}
	return end, waited
}

// times returns when the last call of z is, and when it is over. A scope has a
// grace of its own, unless it ends during the stop.
func (m *model) times(z *finalization) (call, over time.Duration) {
	if z.scope != nil {
		underWay := m.state >= shutdown.Stopping && (m.state < shutdown.Stopped || z.ended <= m.want.returned)
		if !underWay || z.ended < m.began && m.forced == never {
			return z.ended + lastCallAt, z.ended + overAt
		}
	}
	call, over = m.began+lastCallAt, m.began+overAt
	if m.forced != never {
		call, over = min(call, m.forced), min(over, m.forced+forcedLasts)
	}
	return call, over
}

// considerEnds considers the instants at which something of z ends.
func (m *model) considerEnds(z *finalization, consider func(time.Duration)) {
	if len(z.overtaken) > 0 {
		_, over := m.times(z)
		consider(over)
	}
	if z.current != nil {
		consider(z.slotEnd)
	}
}

// finishScope is the end of a scope's function.
func (m *model) finishScope(t *task) {
	t.content.ended = m.now
	for _, inner := range m.tasks {
		if inner.kind == shutdown.KindScope && inner.began == never && m.isTold(inner) {
			m.begin(inner)
		}
	}
	if t.variant && t.does == returns { // otherwise settle goes on
		m.completeScope(t)
	}
}

// completeScope is the end of a scope. What it still holds, because it was a
// constructor, goes to the list around it.
func (m *model) completeScope(t *task) {
	t.content.complete = true
	m.replace(&m.main, t)
	for _, around := range m.tasks {
		m.replace(&around.content, t)
	}
	kept := t.content.list
	t.content.list, t.content.closed = nil, true
	for _, k := range kept { // if it was on no list, since the stop was over
		m.put(k, t.into)
	}
}

// replace puts what a scope holds where the scope is, if it is on z.
func (m *model) replace(z *finalization, scope *task) {
	if i := slices.Index(z.list, scope); i >= 0 {
		z.list = slices.Replace(z.list, i, i+1, scope.content.list...)
		scope.content.list, scope.content.closed = nil, true
	}
}

// conclude is the end of the stop.
func (m *model) conclude() {
	m.state, m.workOver, m.main.closed = shutdown.Stopped, true, true
	m.want.returned = m.now
	for _, t := range m.tasks {
		m.want.tied[t.name] = t.over && t.does == obeys && t.until == m.now
		switch {
		case !t.over && (t.held || t.turn != never):
			m.want.stuck = append(m.want.stuck, t.name)
		case t.failed && t.reported:
			m.want.failed = append(m.want.failed, t.name)
		}
	}
	slices.Sort(m.want.stuck)
	slices.Sort(m.want.failed)
	for _, name := range slices.Concat(m.want.stuck, m.want.failed) {
		m.want.result[name] = true
	}
	if m.forced != never {
		m.want.result["forced"] = true
	}
	if len(m.want.result) > 0 || !m.asked {
		m.want.result[m.want.cause] = true
	}
}
