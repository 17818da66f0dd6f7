package shutdown

import (
	"context"
	"time"

	"github.com/oklog/run"
)

// startActors hands the actors to an oklog/run group and returns a channel that
// is closed when all of them are over, and all holds released, or when they
// are left behind.
//
// The group sees nothing that could block it: each execute that it is given
// can be abandoned, each interrupt returns at once. It runs until its signal
// actor returns, which is when Stopping begins.
func (m *Manager) startActors(parent context.Context) (over <-chan struct{}) {
	go m.watch(parent) // ends with the parent, or when Stopping begins
	go m.tellInTime()  // ends when the stop has been asked for
	var group run.Group
	group.Add(m.signalActor())
	for _, a := range m.queued {
		group.Add(m.groupActor(a))
	}
	group.Add(m.allActors())

	done := make(chan struct{})
	go func() { // ends when actors are over or abandoned
		defer close(done)
		_ = group.Run() // the first actor's error: the manager keeps the cause itself
	}()
	return done
}

func ignore(error) {}

// signalActor returns when the stop has been asked for, by a signal or
// otherwise, and the drain is over.
func (m *Manager) signalActor() (execute func() error, interrupt func(error)) {
	return func() error {
		<-m.ctx.Done()
		return nil
	}, ignore
}

// groupActor is an actor as the group sees it: told by its interrupt, and over at
// once, since allActors waits for all of them.
func (m *Manager) groupActor(a *actor) (execute func() error, interrupt func(error)) {
	execute = func() error {
		go m.execute(a) // ends when it returns
		<-m.ctx.Done()  // an actor that returns nil while draining has merely finished
		return nil
	}
	if a.interrupt == nil {
		return execute, ignore
	}
	return execute, func(error) { go m.interruptNow(a) } // ends when it returns
}

// allActors stands for the actors, before and after Run, and for the holds.
func (m *Manager) allActors() (execute func() error, interrupt func(error)) {
	return func() error {
		select {
		case <-m.quiet:
		case <-m.abandoned:
		}
		return nil
	}, ignore
}

// watch asks for the stop when the context given to Run ends, or the time for work
// around it. A context without an end is one of nobody's, or of those around.
func (m *Manager) watch(parent context.Context) {
	ended, told := parent.Done(), m.outer.workOver()
	if ended == nil {
		told = m.outer.told()
	}
	select {
	case <-ended:
		m.parentEnded(parent)
	case <-told:
		m.request(wish(m.outer.cause()))
	case <-m.ctx.Done():
	}
}

// parentEnded asks for the stop because the context given to Run has ended. Why
// it has is for code of others to say: the stop does not wait for that.
func (m *Manager) parentEnded(parent context.Context) {
	why := make(chan reason, 2) // buffered: what comes too late, or a second time, nobody wants
	go protect(                 // ends when parent has said why
		func() error { readEnd(parent, func(r reason) { why <- r }); return nil },
		func(error) {},
	)
	select {
	case r := <-why:
		m.request(r)
	case <-time.After(2 * readingTakes):
		r := wish(context.Canceled)
		r.verdict = unread
		m.request(r)
	}
}

// readEnd tells why parent has ended, and once more if that could be read after
// all.
func readEnd(parent context.Context, tell func(reason)) {
	cause, deadline := context.Cause(parent), parent.Err() == context.DeadlineExceeded
	if cause == nil { // it says that it has not ended
		cause = context.Canceled
	}
	ended := func(v verdict) {
		r := wish(cause)
		r.verdict, r.deadline = v, deadline
		tell(r)
	}
	read(cause, nil, func() { ended(unread) }, ended)
}
