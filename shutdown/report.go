package shutdown

import (
	"cmp"
	"container/heap"
	"slices"
	"time"
)

// How much a report keeps of what ended without failure and of what is being
// waited for.
const (
	slowestKept = 256
	waitingKept = 256
)

// A Report says what happened in a stop, or what has happened so far. It is
// bounded: of what ended well it keeps the slowest and counts the rest.
type Report struct {
	State    State
	Cause    error         // why the stop began; nil if it has not
	Later    []error       // further reasons to stop, in the order in which they came
	Began    time.Time     // when the first cause came; zero if none has
	Took     time.Duration // from then to the end, or until now
	Grace    time.Duration
	Paused   time.Duration  // of Took: while the process was stopped or frozen, which costs nothing of the grace
	Forced   bool           // a second Ctrl-C cut the stop short
	Phases   []Phase        // the states entered, from the first cause on
	Outcomes []Outcome      // every failure and the slowest of the rest, in the order in which they began to end
	Totals   map[Kind]Total // everything, by kind
	Waiting  []Outcome      // what is being waited for now, at most 256; none before Stopping and once Stopped
	AtStop   int            // how much there was to end when Stopping began
	Pending  int            // how much has not ended: actors, holds and what is on the list
}

// A Phase is the time that a stop spent in one state.
type Phase struct {
	State State
	Began time.Duration // after the first cause; 0 for what came before
	Took  time.Duration
}

// An Outcome is how one component ended.
type Outcome struct {
	Component
	Began    time.Duration // after the first cause: when it was told to end, or started
	Took     time.Duration
	Err      error // a *FinalizerError, *ActorError, *PanicError or *StuckError; nil if all is well
	Leaked   bool  // a resource that its owner should have closed
	Returned error // what an actor returned once it had been told to stop, where that is no failure
}

// A Total counts the components of one kind that ended, or should have.
type Total struct {
	OK     int // ended without an error
	Failed int // with an error, a panic or Goexit
	Stuck  int // still running at the end
	Leaked int // resources that their owner should have closed
}

// outcome is an Outcome on the way: its site is looked up when it is reported.
type outcome struct {
	component
	began    time.Time
	took     time.Duration
	err      error // a failure
	leaked   bool
	returned error
}

func (o outcome) public(began time.Time) Outcome {
	return Outcome{o.component.public(), max(0, o.began.Sub(began)), o.took, o.err, o.leaked, o.returned}
}

// A reason to stop that came after the first one.
type reason struct {
	err   error
	asked bool // a wish, not a failure
}

// A ledger is what a report is made of.
type ledger struct {
	later   []reason
	entered [Stopped + 1]time.Time
	atStop  int
	failed  []outcome // and leaked
	slowest slowest
	totals  [KindResource + 1]Total // by kind
}

func (l *ledger) record(o outcome) {
	t := &l.totals[o.kind]
	switch o.err.(type) {
	case nil:
		t.OK++
	case *StuckError:
		t.Stuck++
	default:
		t.Failed++
	}
	if o.err != nil || o.leaked {
		l.failed = append(l.failed, o)
		return
	}
	l.slowest.add(o)
}

func (l *ledger) leak(c component) {
	l.totals[c.kind].Leaked++
}

// slowest is a heap of outcomes with the fastest on top.
type slowest []outcome

func (s slowest) Len() int           { return len(s) }
func (s slowest) Less(i, j int) bool { return s[i].took < s[j].took }
func (s slowest) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }
func (s *slowest) Push(o any)        { *s = append(*s, o.(outcome)) }
func (s *slowest) Pop() any          { panic("unused") }

func (s *slowest) add(o outcome) {
	switch {
	case len(*s) < slowestKept:
		heap.Push(s, o)
	case o.took > (*s)[0].took:
		(*s)[0] = o
		heap.Fix(s, 0)
	}
}

// Report returns what has happened so far.
func (m *Manager) Report() Report {
	r, ended, waiting := m.report()
	for _, o := range ended { // outside the lock, since looking up sites takes its time
		r.Outcomes = append(r.Outcomes, o.public(r.Began))
	}
	for _, o := range waiting {
		r.Waiting = append(r.Waiting, o.public(r.Began))
	}
	slices.SortStableFunc(r.Outcomes, func(a, b Outcome) int { return cmp.Compare(a.Began, b.Began) })
	slices.SortStableFunc(r.Waiting, func(a, b Outcome) int { return cmp.Compare(a.Began, b.Began) })
	return r
}

func (m *Manager) pendingLocked() int { return m.live + m.holds.count + m.list.len - m.list.held }

// report returns the report without its outcomes, and those.
func (m *Manager) report() (r Report, ended, waiting []outcome) {
	m.lock()
	defer m.mu.Unlock()
	r = Report{
		State:   m.state,
		Cause:   m.cause,
		Began:   m.budget.began,
		Grace:   m.budget.grace,
		Paused:  m.budget.paused,
		Forced:  !m.budget.forced.IsZero(),
		AtStop:  m.ledger.atStop,
		Pending: m.pendingLocked(),
		Totals:  make(map[Kind]Total),
	}
	for kind, total := range m.ledger.totals {
		if total != (Total{}) {
			r.Totals[Kind(kind)] = total
		}
	}
	if r.Began.IsZero() {
		r.Grace = m.grace()
	} else {
		r.Phases, r.Took = m.ledger.phases(r.Began, m.state)
	}
	for _, reason := range m.ledger.later {
		r.Later = append(r.Later, reason.err)
	}
	if m.state >= Stopping && m.state < Stopped {
		waiting = m.waitingLocked()
	}
	return r, slices.Concat(m.ledger.failed, m.ledger.slowest), waiting
}

// waitingLocked returns, as outcomes to be, what is being waited for.
func (m *Manager) waitingLocked() []outcome {
	var waiting []outcome
	for _, t := range m.stuckLocked() {
		if len(waiting) == waitingKept {
			break
		}
		began := later(t.since, m.ledger.entered[Stopping])
		waiting = append(waiting, outcome{component: t.component, began: began, took: time.Since(began)})
	}
	return waiting
}

// phases returns the states that were entered from began on, and the time from
// then until the end, or until now.
func (l *ledger) phases(began time.Time, current State) (phases []Phase, took time.Duration) {
	now := time.Now()
	if current == Stopped {
		now = l.entered[Stopped]
	}
	for s := Draining; s < Stopped; s++ {
		if l.entered[s].IsZero() {
			continue
		}
		at := l.entered[s].Sub(began)
		if n := len(phases); n > 0 {
			phases[n-1].Took = at - phases[n-1].Began
		}
		phases = append(phases, Phase{State: s, Began: at, Took: now.Sub(began) - at})
	}
	return phases, now.Sub(began)
}

// Failures returns the outcomes with an error.
func (r Report) Failures() []Outcome {
	return slices.DeleteFunc(slices.Clone(r.Outcomes), func(o Outcome) bool { return o.Err == nil })
}
