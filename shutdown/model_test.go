package shutdown_test

import (
	"os"
	"syscall"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// A model is the reference for one manager. How a stop goes on is in
// stop_model_test.go, and what a manager is to the one around it in
// inner_model_test.go.
type model struct {
	*world
	outer *model        // around it; nil if there is none, or it had stopped before
	runs  *model        // the one whose part runs it; nil if it is the program's own
	house *task         // that part
	room  *task         // what it is to the one around: a scope
	half  time.Duration // of the slot that a finalizer had when it ran m
	given time.Duration // the grace that m knows of

	grace time.Duration // by its settings
	drain time.Duration
	state shutdown.State

	own       budget        // of the stop, without what is around; it began with the first cause: never
	asked     bool          // that was a wish, not a failure
	signalled bool          // a signal has asked for the stop
	counted   time.Duration // when the last signal came that had an effect
	orphaned  bool          // the parent context has ended
	workOver  time.Duration // when the time for work ended; never: not yet
	unwaited  bool          // what happens now happens while the next finalizer is started

	tasks  []*task      // in the order in which they were added
	main   finalization // of the manager's list
	ending *ending
}

// A task is a part that has been added.
type task struct {
	*part
	added time.Duration
	began time.Duration // to do what it does; never: not yet
	until time.Duration // when what it obeys ends; never: nobody knows yet
	turn  time.Duration // when a list came to it; never: not yet
	over  bool          // its function has returned
	given bool          // a scope has given it up, and told its caller

	told      bool          // a service: that it is to stop
	slot      *turnTime     // of its turn
	turnOf    *finalization // in which that was
	overtaken bool
	cut       bool // the time for its work ended while it ran

	held   bool // among what a stop waits for before it comes to finalizers
	late   bool // an actor that came too late for that: it is waited for as services are
	ahead  bool // its owner runs it
	closed bool // by its owner, who has told nobody
	loose  bool // nothing is said of its place in the order

	unlisted bool // a scope that came when nobody waits any more

	by      *finalization // that started it
	content finalization  // of a scope or service
	inner   *model        // of the manager that it runs, once it does
}

// consider considers the instants at which something of m can happen.
func (m *model) consider(consider func(time.Duration)) {
	if m.stop().began != never {
		consider(m.stop().began + m.drain)
		consider(m.stop().actors())
		consider(m.stop().abandon())
		consider(m.stop().over())
	}
	if m.house != nil && m.ending.cause == "" {
		consider(m.toldAt())
	}
	m.considerEnds(&m.main, consider)
	for _, t := range m.tasks {
		if !t.over {
			consider(t.end())
		}
		m.considerEnds(&t.content, consider)
	}
}

// look returns how things stand.
func (m *model) look() moment {
	pending := 0
	for _, t := range m.tasks {
		if t.held && m.isBusy(t) || !t.held && m.isCounted(t) {
			pending++
		}
	}
	return moment{m.state, m.isWorkOver(), pending}
}

// perform does what a step says.
func (m *model) perform(s *step) {
	switch s.act {
	case add:
		m.want.done[s] = m.add(s.part)
	case unregister:
		m.want.skipped[s] = m.unwaited
		if t := m.taskOf[s.part]; !m.unwaited && t != nil && m.isListed(t) && !t.ahead {
			m.unlist(t)
			m.want.done[s] = true
		}
	case runAhead:
		if t := m.taskOf[s.part]; t != nil {
			m.runAhead(t)
		}
	case stopAll:
		if s.err == nil {
			m.request("stop", true)
		} else {
			m.request(s.err.Error(), false)
		}
	case sendSignal:
		m.want.skipped[s] = m.meansForce(s.signal) && m.isRaceToForce()
		if !m.want.skipped[s] {
			m.signal(s.signal)
		}
	case endParent:
		m.orphaned = true
		if m.state == shutdown.Running || m.state == shutdown.Draining {
			m.request("parent", true)
		}
	}
}

func (m *model) signal(sig os.Signal) {
	switch {
	case m.state <= shutdown.Running && !m.signalled:
		m.signalled = true
		m.request(sig.String(), true)
		if m.state == shutdown.Stopping && sig == syscall.SIGTERM && m.drain > 0 {
			m.state = shutdown.Draining
		}
	case m.isEcho(), m.state <= shutdown.Running:
		return
	case m.state == shutdown.Draining:
		m.request(sig.String(), true)
	case m.meansForce(sig):
		m.force()
	case sig != os.Interrupt:
		return
	}
	m.counted = m.now // only what has an effect has echoes
}

func (m *model) isEcho() bool { return m.now-m.counted < sameRequest }

func (m *model) meansForce(sig os.Signal) bool {
	return sig == os.Interrupt && !m.isEcho() && m.stop().forced == never && m.state >= shutdown.Stopping && m.state < shutdown.Stopped
}

// request is a reason to stop, or one more.
func (m *model) request(cause string, asked bool) {
	m.changed = true
	if !asked {
		m.raise(failure)
	}
	if m.ending.cause == "" {
		m.ending.cause, m.asked = cause, asked
		if m.state == shutdown.Running {
			m.beginStop()
		}
		return
	}
	if !asked && m.state < shutdown.Stopped {
		m.ending.result[cause] = true
	}
	if m.state == shutdown.Draining {
		m.state = shutdown.Stopping
	}
}

// raise notes how bad something was.
func (m *model) raise(b badness) {
	if m.state < shutdown.Stopped {
		m.ending.worst = max(m.ending.worst, b)
	}
}

// add makes a task of a part and reports whether the manager accepted it.
func (m *model) add(p *part) bool {
	if p.kind == shutdown.KindHold && m.state >= shutdown.Stopping {
		return false
	}
	t := &task{part: p, added: m.now, began: never, until: never, turn: never, loose: m.unwaited || p.into != nil}
	m.taskOf[p] = t
	m.tasks = append(m.tasks, t)
	switch p.kind {
	case shutdown.KindHold, shutdown.KindActor, shutdown.KindScope:
		t.held = m.state < shutdown.Finalizing && m.serviceOf(t) == nil
		t.late = !t.held && p.kind == shutdown.KindActor
	}
	switch {
	case p.isFinalizer():
		m.put(t, p.into)
		return true
	case m.main.closed:
		t.until, t.unlisted = m.now, true
	case t.isService() || p.kind == shutdown.KindScope:
		m.put(t, p.into)
	}
	if p.kind == shutdown.KindScope || p.kind == shutdown.KindService && m.state > shutdown.Idle {
		m.open(t)
	}
	if m.isTold(t) || p.early && (m.state > shutdown.Idle || !p.waitsForRun()) {
		m.begin(t)
	}
	return true
}

// isTold reports whether the context with which t is added has ended.
func (m *model) isTold(t *task) bool {
	for p := t.into; p != nil; p = p.into {
		around := m.taskOf[p]
		if around.isService() {
			return around.over || around.told
		}
		if around.over && !around.variant { // the context that Construct gives is the one around
			return true
		}
	}
	return m.state >= shutdown.Stopping
}

// beginTold makes those do what they do whose contexts have ended.
func (m *model) beginTold() {
	for _, t := range m.tasks {
		if t.began == never && (t.held || t.kind == shutdown.KindScope) && m.isTold(t) {
			m.begin(t)
		}
	}
}

// serviceOf returns the service that t lies in, or nil.
func (m *model) serviceOf(t *task) *task {
	for p := t.into; p != nil; p = p.into {
		if around := m.taskOf[p]; around.isService() {
			return around
		}
	}
	return nil
}

// put puts t on the list of scope, or of the innermost around it that is open,
// or of the manager. If that is closed, t is called at once.
func (m *model) put(t *task, scope *part) {
	for ; scope != nil && !scope.isFinalizer(); scope = scope.into {
		if z := &m.taskOf[scope].content; !z.closed {
			z.list = append(z.list, t)
			return
		}
	}
	if !m.main.closed {
		m.main.list = append(m.main.list, t)
		return
	}
	t.until = m.now
	if t.kind == shutdown.KindResource && m.state < shutdown.Stopped {
		m.want.leaked++
	}
	m.call(t)
}

// open makes the function of a scope or service register what it keeps.
func (m *model) open(owner *task) {
	owner.content.owner = owner
	owner.told = m.state >= shutdown.Stopping
	for i, k := range owner.keeps {
		if i > 0 && m.isOvertaken(owner) {
			break // it would be a race which of them is run first
		}
		t := &task{part: k, added: m.now, began: never, until: never, turn: never, loose: true}
		m.tasks = append(m.tasks, t)
		m.put(t, owner.part)
		m.want.keeps[owner.part]++
	}
}

// run is the beginning of Run.
func (m *model) run() {
	if m.orphaned && m.ending.cause == "" {
		m.request(m.parentsCause(), true)
	}
	m.state = shutdown.Running
	if m.ending.cause != "" {
		m.beginStop()
	}
	for _, t := range m.tasks {
		if t.kind == shutdown.KindService {
			m.open(t)
		}
		if t.waitsForRun() && (t.early || m.state == shutdown.Stopping) {
			m.begin(t)
		}
	}
}

// begin makes t do what it does, from now on.
func (m *model) begin(t *task) {
	t.began = m.now
	switch {
	case t.isManager:
		return
	case t.grace > 0:
		m.runInside(t)
		return
	}
	if service := m.serviceOf(t); t.obeysWork() && (service == nil && m.isWorkOver() || service != nil && (service.cut || service.content.complete)) {
		t.until = m.now
	}
	if t.kind == shutdown.KindService && !t.early {
		m.want.turns[t.name] = m.now
	}
	m.finishIfDue(t)
}

// call makes a finalizer or a resource do what it does, from now on.
func (m *model) call(t *task) {
	m.want.turns[t.name] = m.now
	for _, s := range t.then {
		m.perform(s)
	}
	m.begin(t)
}

// runAhead makes the owner of t run it, or close it.
func (m *model) runAhead(t *task) {
	switch {
	case t.isEnsured():
		t.closed = true
	case m.isListed(t) && !t.ahead:
		t.ahead = true
		if t.within > 0 {
			t.until = m.now + t.within
		}
		m.call(t)
	}
}

func (m *model) finishIfDue(t *task) {
	if t.hangs() {
		m.askIfDue(t)
		return
	}
	if !t.over && t.end() <= m.now {
		m.finish(t)
	}
}

// end is when t ends; never: nobody knows yet.
func (t *task) end() time.Duration {
	switch {
	case t.began == never || t.does == sticks || t.grace > 0 || t.isManager:
		return never
	case t.hangs():
		return t.began + t.takes + readingTakes
	case t.does == obeys:
		return t.until
	}
	return t.began + t.takes
}

func (p *part) waitsForRun() bool {
	return p.kind == shutdown.KindActor || p.kind == shutdown.KindService
}
func (t *task) isService() bool { return t.kind == shutdown.KindService || t.late }
func (t *task) ownsList() bool  { return t.isService() || t.kind == shutdown.KindScope }

// hangs reports whether t brings an error to the manager that cannot be read.
func (t *task) hangs() bool { return t.hostile == "blocks" && !t.ahead }

func (t *task) obeysWork() bool {
	return t.kind == shutdown.KindActor && t.held || t.kind == shutdown.KindScope
}

func (m *model) isWorkOver() bool { return m.workOver != never || m.state == shutdown.Stopped }

// isBusy reports whether t, and what is in it, is not over.
func (m *model) isBusy(t *task) bool {
	if t.ownsList() {
		return !t.content.complete
	}
	if t.kind == shutdown.KindActor && t.variant && m.state < shutdown.Stopping {
		return true // its interrupt has not been called
	}
	return !t.over
}

func (m *model) isListed(t *task) bool { return m.listOf(t) != nil }

// isCounted reports whether t is on the manager's list or on that of a service.
func (m *model) isCounted(t *task) bool {
	z := m.listOf(t)
	return z != nil && (z.owner == nil || z.owner.isService())
}
