// Package shutdown ends programs well. A program that uses it stops when it is
// asked to, finishes what it had begun, closes what it had opened, in the right
// order, within a time that is known beforehand, and says what happened.
//
//	func main() { shutdown.Main(run) }
//
//	func run(ctx context.Context) error {
//		db, err := sql.Open("sqlite", "app.db")
//		if err != nil {
//			return err
//		}
//		shutdown.Finally(ctx, "database", db.Close)
//		return serve(ctx, db) // until ctx is cancelled
//	}
//
// # Model
//
// A [Manager] runs actors until there is a cause to stop, then runs finalizers.
//
//   - An actor is something the program exists for: a server, a consumer, run
//     itself ([Main], [Manager.Go], [Manager.Add]). When any of them returns, for
//     whatever reason, the program stops.
//   - A hold is one piece of work in flight, a job or a message, that a stop
//     waits for ([Manager.Hold]).
//   - A finalizer is a function that runs once, when the program or a scope
//     ends ([Register], [Finally]).
//   - A background service is what actors stand on, such as a batch writer. It
//     is told to stop in its turn among the finalizers ([Manager.Keep]), and what
//     it has opened ends with it.
//   - A scope is a list of finalizers with the lifetime of one function call
//     ([Scope], and for constructors [Construct]).
//
// # The course of a stop
//
//	    first cause                                  at most Grace later
//	         │                                                        │
//	Running ─┼─ Draining ──┬─ Stopping ───┬─ Finalizing ─┬─ Stopped ──┤
//	         │ SIGTERM and │ contexts end;│ finalizers   │ report,    │
//	         │ Drain only: │ actors, holds│ and services,│ exit       │
//	         │ serves on   │ waited for   │ newest first │            │
//
// A cause is a termination signal, an actor's return, a service's failure,
// [Manager.Stop], [Exit], zerolog's Fatal, or the end of the context given to
// Run. The first one is the cause of the stop; [context.Cause] and the [Report]
// give it. Those that come later are reported too.
//
// # Order
//
// All actors are told to stop at the same moment. Finalizers start newest first
// and one at a time: what was opened first is closed last, since what came later
// may need it. Their contexts are alive. What one of them registers runs next.
//
// # The deadline
//
// The grace G bounds the whole stop, the drain included. If everything hangs:
//
//	until G - G/5                actors, holds and scopes
//	then, for G/20               the same, with WorkContext cancelled: they have been cut
//	then, until G - G/20         finalizers; each has three quarters of what remains
//	last call, until G - G/50    those that are left; each has half of what remains
//	until G                      the log and the exit
//
// A finalizer whose time ends is overtaken, not killed: the next is started
// while it goes on. So every finalizer is started, whatever the others do. The
// oldest has all the time until the last call; [Within] gives another bound. At G
// [Main] ends the process, whatever blocks.
//
// [WorkTime] is how long work has, for libraries that have a limit of their own.
// A manager whose Run is given a context of another one runs inside of that, and
// has what that leaves to it. One beside Main's is stopped and waited for with it.
//
// # Three ways to know
//
// Work of different kinds must hear of a stop at different times:
//
//	Manager.Draining     at the first cause           readiness, taking from queues
//	Manager.Context      when Stopping begins         loops, listeners: what takes new work
//	Work, WorkContext    when the actors' time is up  requests, queries, child processes
//
// The context of run, and of Go, is the second. To give it to work in flight is
// the commonest shutdown bug there is: the query of a request that could have
// been answered is aborted at the very moment at which the program should begin
// to wait for it. Such work gets [Work](ctx), which lives on.
//
// # Failures
//
// An error, a panic or [runtime.Goexit] in one component is recorded and keeps
// no other from running. Run returns them all, joined: *[ActorError],
// *[FinalizerError], *[PanicError] with its stack, *[StuckError] for what was
// still running, with the line that handed it over and where it is stuck, and
// *[CutError] for work that had begun and was not finished when its time was up.
// What asked for the stop is not among them: who looks for context.Canceled, to
// ignore it, overlooks nothing. What fails in a scope is its caller's.
//
// Errors, panics and contexts are code. They are read once, in the goroutine that
// brought them; one that blocks, panics or calls the manager harms only itself.
//
// # Signals and exit statuses
//
// SIGINT, SIGTERM and, where there is a terminal whose closing it means, SIGHUP
// ask for a stop, unless the process was started with them ignored. With
// [Manager.Reload] SIGHUP reloads. Within half a second of one that had an effect
// a further one is its echo. After that any of them ends a drain, and from
// Stopping on SIGINT makes now the last call; one more exits at once. SIGTERM and
// SIGHUP never force anything. SIGQUIT still prints all stacks. From the first
// cause on, writing to a broken pipe is an error and does not kill.
//
// Main's exit status is the first that applies; [ExitCode] has the details, and
// [Report] has the status:
//
//	2        settings or environment make no sense
//	SIGINT   forced by a second Ctrl-C
//	2        a panic, printed with its stack
//	124      something still running at the end
//	n        Exit(n), where Fatal counts as Exit(1)
//	128+n    an *exec.ExitError of a child that died by signal n
//	n        an error with ExitCode() int
//	signal   run, interrupted by that signal, returned its context's error
//	1        any other failure, work that was cut included
//	0        all went well, a signal or not
//
// Main reads SHUTDOWN_GRACE and SHUTDOWN_DRAIN, durations such as 25s, which
// take precedence over [Manager.Grace] and [Manager.Drain]. A drain of the
// program's own that is too long for such a grace is shortened.
//
// # What cannot be caught
//
// In Go nobody can catch a panic in a goroutine that somebody else started,
// [os.Exit], or the standard library's [log.Fatal]: they end the process with
// nothing finalized. Let actors start the goroutines, return errors, call [Exit].
//
// # Concurrency
//
// Everything here may be called from any goroutine at any time, finalizers,
// observers and loggers included. No lock is held while code of others runs.
package shutdown
