package guard

import "time"

// A Journal is what [List] finds out about one.
type Journal struct {
	Path     string
	Program  string // that it belongs to
	PID      int    // of that, in its PID namespace
	Alive    bool   // that lives, as far as can be found out from here
	Cleanups []Left // newest first, in the order in which they would be carried out
	Err      error  // if not nil: why it cannot be read
}

// A Left is a clean-up that is in a journal.
type Left struct {
	Cleanup string    // in words
	Since   time.Time // when it was registered, to the second
	Failure string    // what the last reader that tried it said; empty if there was none
}
