package guard

import (
	"fmt"
	"os"
	"time"
)

// An Option changes how [Open] or [Settle] does what it does. [Helper], [Sync]
// and [Tell] make one.
type Option func(*options)

type options struct {
	helper, sync bool
	tell         func(Outcome)
}

func optionsOf(opts []Option) options {
	o := options{tell: sayFailures}
	for _, opt := range opts {
		opt(&o)
	}
	return o
}

// Helper has Open start a helper process, which carries out what the program
// leaves as soon as that has died, not only at its next start. It is the program
// itself, started again, in a session of its own; it ignores SIGINT, SIGTERM and
// SIGHUP, and is called lastcall-guard. It has the environment of the start, and
// / as its working directory. Close ends it.
//
// Leave it off in containers: it would die with process 1, and where memory
// runs out, Kubernetes kills all processes of the container. The journal, on a
// volume, survives both. In process 1 the option does nothing.
func Helper() Option { return func(o *options) { o.helper = true } }

// Sync has each registration and each release written to the disk before the
// call returns: clean-ups survive a power loss, too. That takes as long as the disk
// takes, often milliseconds.
func Sync() Option { return func(o *options) { o.sync = true } }

// Tell has fn called after each clean-up of a dead process that was carried out
// or was tried, in the goroutine of Open or Settle, and for each journal that is
// not as it should be. Without it, failures are lines on standard error. It
// panics if fn is nil.
func Tell(fn func(Outcome)) Option {
	if fn == nil {
		panic("guard: Tell: nil function")
	}
	return func(o *options) { o.tell = fn }
}

// An Outcome is what became of a clean-up that a dead process had left, or, if
// Cleanup is empty, what is wrong with a journal.
type Outcome struct {
	Journal string    // its path
	Cleanup string    // in words
	Since   time.Time // when it was registered, to the second
	Err     error     // nil: it is done
}

// String says the outcome in one line.
func (o Outcome) String() string {
	switch {
	case o.Cleanup == "":
		return fmt.Sprint(o.Err)
	case o.Err != nil:
		return fmt.Sprintf("%q, left by a process that died, failed, and will be tried again: %v", o.Cleanup, o.Err)
	}
	return fmt.Sprintf("%q, left by a process that died, is done", o.Cleanup)
}

func sayFailures(o Outcome) {
	if o.Err != nil {
		fmt.Fprintln(os.Stderr, "guard:", o)
	}
}
