package shutdown_test

import (
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// A world is the reference for a program: what must happen, to the nanosecond. It
// goes from one instant at which something can happen to the next and knows
// nothing of goroutines, locks or channels.
type world struct {
	now      time.Duration // since Run began
	managers []*model      // the program's own, and those that its parts run
	taskOf   map[*part]*task
	changed  bool // something has happened that others may have to hear of
	want     expectation
}

// An expectation is what the model says of a program.
type expectation struct {
	turns    map[string]time.Duration // when each finalizer, resource and service was told
	managers map[*part]*ending        // by what runs them; nil: the program's own
	leaked   int
	tied     map[string]bool // gave way at the very instant at which Run returned: it may be called stuck or cut, or not
	race     bool            // two lists did something at the same instant that depends on each other
	keeps    map[*part]int   // how many of what it keeps a scope registers; fewer where it would be a race

	before  map[*step]moment // how things stood
	done    map[*step]bool   // whether the manager let it be done
	skipped map[*step]bool   // it would be a race
}

// An ending is what the model says of one manager.
type ending struct {
	starts   []string        // of finalizers and resources by the stop, in order
	returned time.Duration   // when Run returned
	cause    string          // why the stop began
	result   map[string]bool // what Run's result is made of; empty: nil
	panics   map[string]bool // whose panics are among that
	stuck    []string
	cut      []string
	failed   []string
	worst    badness
}

// A badness decides the exit status.
type badness int

const (
	well badness = iota
	failure
	hang
	crash
	force
)

var statuses = map[badness]int{well: 0, failure: 1, hang: 124, crash: 2, force: 130}

// A moment is what can be seen of a manager from outside.
type moment struct {
	state    shutdown.State
	workOver bool
	pending  int
}

func (p program) expect() expectation {
	w := &world{taskOf: make(map[*part]*task)}
	w.want = expectation{
		turns: make(map[string]time.Duration), managers: make(map[*part]*ending), tied: make(map[string]bool),
		before: make(map[*step]moment), done: make(map[*step]bool), skipped: make(map[*step]bool),
		keeps: make(map[*part]int),
	}
	m := w.manager(grace)
	m.drain = p.drain
	w.want.managers[nil] = m.ending
	steps := p.steps
	for ; steps[0].at == 0; steps = steps[1:] {
		m.perform(steps[0])
	}
	m.run()
	for w.settle(); ; w.settle() {
		if w.now = w.next(steps); w.now == never {
			return w.want
		}
		w.finishDue()
		w.settle()
		if len(steps) > 0 && steps[0].at == w.now {
			w.want.before[steps[0]] = m.look()
			m.perform(steps[0])
			steps = steps[1:]
		}
	}
}

// manager returns the model of a manager.
func (w *world) manager(grace time.Duration) *model {
	m := &model{world: w, grace: grace, workOver: never, counted: -sameRequest}
	m.own = budget{never, grace, never}
	m.ending = &ending{result: make(map[string]bool), panics: make(map[string]bool)}
	w.managers = append(w.managers, m)
	return m
}

// settle does what follows at once from how things stand. Who runs inside of
// another comes first: whoever ends at the instant at which the other gives up has
// ended.
func (w *world) settle() {
	for w.changed = true; w.changed; {
		w.changed = false
		for _, m := range w.managers {
			m.noticeLessTime()
		}
		for i := len(w.managers) - 1; i >= 0 && !w.changed; i-- {
			w.managers[i].settle()
		}
	}
}

// finishDue ends what ends now.
func (w *world) finishDue() {
	for _, m := range w.managers {
		for _, t := range m.tasks {
			m.finishIfDue(t)
		}
	}
}

// next returns the next instant at which something can happen.
func (w *world) next(steps []*step) time.Duration {
	next := never
	consider := func(at time.Duration) {
		if at > w.now {
			next = min(next, at)
		}
	}
	if len(steps) > 0 {
		consider(steps[0].at)
	}
	for _, m := range w.managers {
		m.consider(consider)
	}
	return next
}
