// Package lastcall is the front page of a module that ends programs well: a
// program that uses it stops when it is asked to, finishes what it had begun,
// closes what it had opened, in the right order, within a time that is known
// beforehand, and says what happened. It holds no code. The packages are
//
//   - [github.com/seed7e043c35/lastcall/shutdown]: the manager. Its Main takes
//     the whole program as one function, stops it on a signal or for any other
//     cause, runs its finalizers newest first, and ends the process with the
//     right status. Begin here.
//   - [github.com/seed7e043c35/lastcall/signals]: what the operating system's
//     termination signals mean. It knows no manager.
//   - [github.com/seed7e043c35/lastcall/resource]: values that must be closed,
//     tracked from their creation on.
//
// A program of three lines:
//
//	func main() { shutdown.Main(run) }
//
//	func run(ctx context.Context) error {
//		db, err := sql.Open("sqlite", "app.db")
//		if err != nil {
//			return err
//		}
//		shutdown.Finally(ctx, "database", db.Close)
//		return serve(ctx, db)
//	}
//
// # The promise
//
// From the first request to stop, the process is gone within the grace. Before
// that, every finalizer that was registered has been started, newest first;
// whatever did not finish is named, with the line that registered it and,
// where the manager started its goroutine, the stack on which it is stuck; and
// no error is lost.
//
// The tests of this package and of internal/e2e hold the whole to that promise, with
// real processes and real signals. docs/survives.md lists what they have been
// through.
package lastcall
