// Package entry is what packages shutdown and resource say to each other, and
// users of shutdown cannot: that a finalizer closes something whose owner
// should have closed it.
package entry

import "time"

// Options are what a shutdown.FinalizerOption says of a finalizer.
type Options struct {
	Within   time.Duration // its own bound, if shorter than its slot
	Resource Resource      // what it closes, if it was made by package resource
	Site     uintptr       // where it was handed over; 0: at the caller of the shutdown function
}

// A Resource is something that its owner should close before its turn comes.
// Its methods are never called with a lock held.
type Resource interface {
	Bind(Finalizer) // called once, before anything else
	IsClosed() bool
	Type() string
	Created() time.Time
	Stack() string // where it was created, for a person to read
	Gone()         // it is not on the list any more
}

// A Finalizer is what a Resource may ask of its finalizer.
type Finalizer interface {
	// Close runs it now and never again, unless it is run or has been run
	// already; then ran is false.
	Close() (ran bool, err error)

	// Leaked warns, once, that nobody can close the resource any more. It
	// stays on its list, to be closed in its turn.
	Leaked()
}
