// Package resource closes what its owner forgot to close, and says where it
// was opened.
//
// A constructor that knows its context ends with one line:
//
//	func Dial(ctx context.Context, addr string) (*Conn, error) {
//		c := &Conn{…}
//		resource.Ensure(ctx, c, c.Close)
//		return c, nil
//	}
//
// When the innermost scope of ctx ends, or the program (see package shutdown),
// and c is not closed by then, a warning is logged with c's type, its age and
// the stack of its creation, and c is closed. If its owner has closed it,
// nothing is said and nothing is called. Close is never called on something
// that says it is closed.
//
// Values that cannot say whether they are closed are tracked by a handle:
//
//	f := resource.Track(ctx, "spool", file, file.Close)
//	defer f.Close()
//	use(f.Value())
//
// The handle closes its value once, whoever calls, and takes itself off the
// list. A handle that becomes garbage with its value unclosed is a leak that
// is found while the program runs: it is warned of then, and the value is
// closed at its place in the list, since it may still be in use. Never is
// anything closed by the garbage collector.
//
// # Memory
//
// A program that opens and closes a million resources holds the memory of the
// live ones: those that were closed are swept out as new ones come, at two list
// entries for each, and with no lock held while IsClosed is asked. Creation
// stacks, of up to 32 frames, are kept once for each place.
//
// # Live resources
//
// After [Profile] has been called, what is tracked can be looked at by creation
// stack, as /debug/pprof/resources or with go tool pprof.
package resource
