package shutdown

import "github.com/oklog/run"

// startActors hands actors to an oklog/run group and returns a channel that
// is closed when all of them are over, and all holds released, or when they
// are left behind.
//
// The group sees nothing that could block it: each execute that it is given
// can be abandoned, each interrupt returns at once. It runs until its signal
// actor returns, which is when Stopping begins.
func (e *engine) startActors(actors []*actor) (over <-chan struct{}) {
	var group run.Group
	group.Add(e.signalActor())
	for _, a := range actors {
		group.Add(e.groupActor(a))
	}
	group.Add(e.allActors())

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
func (e *engine) signalActor() (execute func() error, interrupt func(error)) {
	return func() error {
		<-e.ctx.Done()
		return nil
	}, ignore
}

// groupActor is an actor as the group sees it: told by its interrupt, and over at
// once, since allActors waits for all of them.
func (e *engine) groupActor(a *actor) (execute func() error, interrupt func(error)) {
	execute = func() error {
		go e.execute(a) // ends when it returns
		<-e.ctx.Done()  // an actor that returns nil while draining has merely finished
		return nil
	}
	if a.interrupt == nil {
		return execute, ignore
	}
	return execute, func(error) { go e.interruptNow(a) } // ends when it returns
}

// allActors stands for the actors, before and after Run, and for the holds.
func (e *engine) allActors() (execute func() error, interrupt func(error)) {
	return func() error {
		select {
		case <-e.quiet:
		case <-e.abandoned:
		}
		return nil
	}, ignore
}
