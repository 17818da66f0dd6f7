package shutdown

import (
	"context"
	"runtime"
	"slices"
	"time"
)

// A finalization runs what is on one list, a manager's or a scope's, newest
// first and one at a time. Each finalizer has a slot. One that is still running
// when its slot ends is overtaken: the next is started while it goes on, and
// it is waited for at the end.
type finalization struct {
	manager *Manager
	list    *list
	values  context.Context // whose values the finalizers' contexts have
	scope   *scope          // to which those contexts belong; nil if to the manager
	budget  func() budget   // as it is now: a stop, or its being forced, may shorten it
	record  func(outcome)   // called with the manager's mu held

	// guarded by the manager's mu
	runners   []*runner
	overtaken []overtaken
}

// An overtaken finalizer or service goes on although its slot has ended.
type overtaken struct {
	began time.Time
	done  <-chan struct{}
}

// run returns when everything has been started and has ended, or time is up.
func (z *finalization) run() {
	pushed := make(chan struct{}, 1)
	z.manager.lock()
	z.list.pushed = pushed
	z.manager.mu.Unlock()

	for more := true; more; more = z.awaitOvertaken(pushed) {
		z.runList()
	}
}

// runList runs what is on the list until it is empty. A runner runs as much of
// it as it can; when it is overtaken, the next runner takes over.
func (z *finalization) runList() {
	m := z.manager
	for {
		r := z.newRunner()
		if r == nil {
			return
		}
		go r.run()  // ends with the finalizer that it is running when it is overtaken
		<-r.started // so that starts are in order even when nothing is waited for
		runtime.Gosched()
		if !r.slot.waited {
			z.overtake(r)
		} else if !await(r.idle, r.slot.end, m.hurry()) {
			if isClosed(m.forced) { // otherwise its context ends by itself, with its slot
				r.cancel()
				closedNow(r.idle)
			}
			z.overtake(r)
		}
	}
}

// newRunner takes the newest finalizer off the list and returns a runner for
// it, or nil if the list is empty.
func (z *finalization) newRunner() *runner {
	b, now := z.budget(), time.Now()
	z.manager.lock()
	defer z.manager.mu.Unlock()
	if !now.Before(b.over()) {
		z.list.closed = true // what is on it is started; it must not grow for ever
	}
	f := z.newestLocked()
	if f == nil {
		return nil
	}
	return z.newRunnerLocked(f, b.slot(now, f.within))
}

// newestLocked returns the finalizer that is to run next. Where that would be a
// scope, what the scope still holds takes its place; what the scope itself is
// running already is waited for at the end, as if it had been overtaken.
func (z *finalization) newestLocked() *Finalizer {
	for f := z.list.newest; f != nil; f = z.list.newest {
		s, ok := f.fn.(*scope)
		if !ok {
			return f
		}
		if !s.ended.IsZero() {
			s.awaitedLocked()
			z.overtaken = append(z.overtaken, overtaken{s.ended, s.done})
		}
		z.list.replace(s)
	}
	return nil
}

// stuck returns an error for each finalizer that is still running.
func (z *finalization) stuck() []error {
	m := z.manager
	m.lock()
	var tasks []*task
	for _, r := range z.runners {
		if r.finalizer != nil {
			tasks = append(tasks, &r.task)
		}
	}
	m.mu.Unlock()
	if len(tasks) == 0 {
		return nil
	}
	stacks := stacksOf(tasks)
	m.lock()
	defer m.mu.Unlock()
	var errs []error
	for _, t := range tasks {
		errs = append(errs, m.stuckError(t, stacks))
	}
	return errs
}

// overtake tells r to stop after the finalizer that it is running.
func (z *finalization) overtake(r *runner) {
	m := z.manager
	m.lock()
	defer m.mu.Unlock()
	if r.finalizer == nil {
		return // it has just finished
	}
	r.overtaken = true
	z.overtaken = append(z.overtaken, overtaken{r.since, r.idle})
	if r.slot.waited {
		m.keepStacksLocked()
		m.emitLocked(Event{Type: EventOvertaken, Took: time.Since(r.since)}, r.finalizer.component())
	}
}

// awaitOvertaken waits for what has been overtaken and reports whether there
// is more to run. If it reports that there is not, the list is closed.
func (z *finalization) awaitOvertaken(pushed <-chan struct{}) (more bool) {
	for {
		done, over := z.nextOvertaken()
		if done == nil {
			return z.more()
		}
		timer := time.NewTimer(time.Until(over))
		select {
		case <-done:
		case <-pushed:
			timer.Stop()
			return true
		case <-timer.C:
			closedNow(done) // to return at the very deadline is to return
		case <-z.manager.hurry():
		}
		timer.Stop()
	}
}

// nextOvertaken returns one of those that are still to be waited for, and until
// when, or nil if there is none.
func (z *finalization) nextOvertaken() (done <-chan struct{}, over time.Time) {
	b, now := z.budget(), time.Now()
	z.manager.lock()
	defer z.manager.mu.Unlock()
	z.overtaken = slices.DeleteFunc(z.overtaken, func(o overtaken) bool {
		beforeForce := !b.forced.IsZero() && o.began.Before(b.forced)
		return isClosed(o.done) || beforeForce || !now.Before(b.over())
	})
	if len(z.overtaken) == 0 {
		return nil, b.over()
	}
	return z.overtaken[0].done, b.over()
}

// more reports whether something is on the list; if not, nothing will be.
func (z *finalization) more() bool {
	z.manager.lock()
	defer z.manager.mu.Unlock()
	if z.list.newest == nil {
		z.list.closed = true
		z.list.pushed = nil
		return false
	}
	return true
}
