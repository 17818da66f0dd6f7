package shutdown

import (
	"slices"
	"time"
)

// waitingKept is how much a report tells of what is being waited for.
const waitingKept = 256

// A Report says what happened in a stop, or what has happened so far. It is
// bounded: of what ended well it keeps the slowest and counts the rest, and so it
// does with more than a thousand failures.
type Report struct {
	State    State
	Cause    error         // why the stop began; nil if it has not
	Later    []error       // further reasons to stop, in the order in which they came
	Began    time.Time     // when the first cause came; zero if none has
	Took     time.Duration // from then to the end, or until now
	Grace    time.Duration
	Paused   time.Duration  // of Took: while the process was stopped or frozen, which costs nothing of the grace
	Forced   bool           // a second Ctrl-C cut the stop short
	Status   Status         // how the process ends, or would under Main; as it is so far
	Phases   []Phase        // the states entered, from the first cause on
	Outcomes []Outcome      // at most 1000 failures and the 256 slowest of the rest, in the order in which they began to end
	Totals   map[Kind]Total // everything, by kind; KindNone counts those that are too many to be told apart
	Waiting  []Outcome      // at most 256: what is being waited for, from Stopping until Stopped; while Idle what waits for Run, newest first
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
	Err      error // a *FinalizerError, *ActorError, *PanicError, *CutError or *StuckError; nil if all is well
	Leaked   bool  // a resource that its owner should have closed
	Returned error // what an actor returned once it had been told to stop, where that is no failure
}

// A Total counts the components of one kind that ended, or should have.
type Total struct {
	OK     int // ended without an error
	Failed int // with an error, a panic or Goexit
	Stuck  int // still running at the end
	Cut    int // work that was not finished when its time was up
	Leaked int // resources that their owner should have closed
}

// fill adds to r what the ledger knows, and returns how things ended.
func (l *ledger) fill(r *Report, ended *[]outcome) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r.Forced, r.Status, r.AtStop = l.forced, l.status(), l.atStop
	r.Totals = make(map[Kind]Total)
	for kind, total := range l.totals {
		if total != (Total{}) {
			r.Totals[Kind(kind)] = total
		}
	}
	for _, later := range l.laters {
		r.Later = append(r.Later, later.err)
	}
	if !r.Began.IsZero() {
		r.Phases, r.Took = l.phases(r.Began, r.State)
	}
	*ended = slices.Concat(l.failed, l.slowest)
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
