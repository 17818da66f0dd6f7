package shutdown

import (
	"context"
	"errors"
	"runtime/pprof"
	"strconv"
	"time"
)

// A runner is a goroutine that runs finalizers of one finalization, one after
// the other and all in the same slot. The stop of a hundred thousand of them
// costs one goroutine and one context, in the last call a few more.
type runner struct {
	task // what it is running; since is guarded by the manager's mu, as is component
	z    *finalization
	slot slot

	ctx    context.Context
	labels context.Context
	cancel context.CancelFunc

	started chan struct{} // closed when its first finalizer is about to be called
	idle    chan struct{} // closed when it has nothing more to run

	// guarded by the manager's mu
	finalizer *Finalizer // what it is running; nil when it is idle
	waiting   *activity  // what that is, if it runs elsewhere and is only waited for
	overtaken bool       // it must not take another finalizer
}

// errClosed says that a resource had been closed already: no outcome at all.
var errClosed = errors.New("closed by its owner")

func (z *finalization) newRunnerLocked(f *Finalizer, s slot) *runner {
	r := &runner{
		task: task{id: newID()}, z: z, slot: s,
		started: make(chan struct{}), idle: make(chan struct{}),
	}
	life, cancel := context.WithDeadline(context.Background(), s.end)
	r.cancel = cancel
	values := z.values
	if z.scope == nil { // of a scope, looking for labels to add to would take a walk through all scopes around
		values = labelled(values, "finalizers", r.id)
	}
	r.labels = labelled(context.Background(), "finalizers", r.id)
	r.ctx = z.manager.taskContext(life, values, z.scope)
	z.runners = append(z.runners, r)
	z.manager.tasks[&r.task] = struct{}{}
	r.takeLocked(f, time.Now())
	return r
}

// labelled returns ctx with the labels by which the goroutines of the task id
// are found: what it is, for people, and the number for us.
func labelled(ctx context.Context, what string, id uint64) context.Context {
	return pprof.WithLabels(ctx, pprof.Labels("shutdown", what, idLabel, strconv.FormatUint(id, 10)))
}

func (r *runner) run() {
	pprof.SetGoroutineLabels(r.labels)
	exiting := true
	defer func() {
		if exiting { // a finalizer left by Goexit; the next needs a goroutine that lives
			go r.run()
		}
	}()
	call, next := r.call, r.next // bound once, not for each of a hundred thousand
	for r.finalizer != nil {
		protect(call, next)
	}
	exiting = false
	r.cancel()
	close(r.idle)
}

// call runs r's finalizer, or waits for it where it runs elsewhere.
func (r *runner) call() error {
	s, isService := r.finalizer.fn.(*service)
	if isService {
		s.stop()
	}
	closeOnce(r.started) // as late as can be: the next may be started from now on
	if r.waiting == nil {
		return r.finalizer.call(r.ctx)
	}
	select {
	case <-r.waiting.done:
		return nil
	case <-r.ctx.Done():
	}
	if isService {
		s.endWork()
	}
	closedNow(r.waiting.done)
	return nil
}

// next notes how r's finalizer ended and takes another one.
func (r *runner) next(err error) {
	m, now := r.z.manager, time.Now()
	m.lock()
	defer m.mu.Unlock()
	switch {
	case r.waiting == nil:
		r.recordLocked(now, err)
	case !r.waiting.over:
		r.z.overtaken = append(r.z.overtaken, overtaken{r.since, r.waiting.done})
	}
	r.finalizer, r.waiting = nil, nil
	if r.mayGoOn(now) { // otherwise it is too early to look: that opens a scope whose turn it is
		if f := r.z.newestLocked(); f != nil && f.within == 0 {
			r.takeLocked(f, now)
			return
		}
	}
	r.component = component{}
	m.overLocked(&r.task)
}

// mayGoOn reports whether the next finalizer would have the slot that r has.
func (r *runner) mayGoOn(now time.Time) bool {
	slotGoesOn := now.Before(r.slot.end) && !now.After(r.slot.shared) && isClosed(r.z.manager.forced) == r.slot.forced
	return slotGoesOn && !r.overtaken
}

// takeLocked takes f, the newest, off the list to run it next.
func (r *runner) takeLocked(f *Finalizer, now time.Time) {
	r.z.list.remove(f)
	r.finalizer, r.since = f, now
	r.component = f.component()
	switch {
	case f.running != nil:
		r.waiting = f.running
	case r.kind == KindService || r.kind == KindActor:
		r.waiting = &f.fn.(*service).activity
	}
	m := r.z.manager
	if r.waiting != nil {
		r.waiting.awaitedLocked()
		if !r.waiting.over {
			r.component = component{} // the activity itself is the task
			m.runningLocked(&r.waiting.task)
		}
	}
	if r.z.scope == nil {
		m.startedLocked(f.component())
	}
}

func (r *runner) recordLocked(now time.Time, err error) {
	if err == errClosed {
		return
	}
	if err != nil && !r.z.manager.exitsLocked(err) {
		err = failure(r.component, err, asFinalizerError)
	} else {
		err = nil
	}
	r.z.record(outcome{component: r.component, began: r.since, took: now.Sub(r.since), err: err, leaked: r.finalizer.reported})
}
