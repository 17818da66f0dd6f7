// Package shutdowntest lets a program test its own stop. It runs the run
// function that main gives to shutdown.Main, in the test's own process and in
// fake time, sends it signals at chosen moments, and tells how it ended:
//
//	func TestSIGTERM_finishesTheJobInHand(t *testing.T) {
//		res := shutdowntest.Run(t, run,
//			shutdowntest.Drain(2*time.Second),
//			shutdowntest.Signal(time.Minute, syscall.SIGTERM)) // a minute that takes no time
//		res.Clean()                     // nothing failed, hung, leaked or was forced
//		res.Order("worker", "database") // ended in this order, each before the next began to
//		if got, want := res.Status.String(), "0"; got != want {
//			t.Errorf("the process would have ended with %s, want %s", got, want)
//		}
//	}
//
// There are four ways, of which the first that will do is the best:
//
//   - [Run]: fake time, exact to the nanosecond, and no waiting. For code without
//     sockets, files and processes.
//   - [Start]: real time, real sockets, many at once. For run functions as they are.
//   - [Exec]: a built program, in whatever language. For exit statuses, standard
//     output, terminals, children, and what belongs to the process.
//   - [Context]: a context to register with, for a test of a constructor.
//
// # Which code it reaches
//
// Run and Start make a [shutdown.Manager] of their own. Code finds it through the
// context that run gets: Finally, Scope, Work and FromContext(ctx).Hold all act on
// it. What belongs to the process is not covered, because a test binary is another
// process: shutdown.Exit and Default, zerolog's Fatal, os.Exit, and the environment
// (SHUTDOWN_GRACE). Test those with Exec. What run registers with shutdown.Register, or
// with a context of its own, goes to Default, which nobody runs in a test: that
// fails the test, with the line of the call. What is the process's own in earnest
// is to be registered before Run or Start. No signal of the operating system is received or sent.
//
// # Time
//
// Run uses a bubble of [testing/synctest]: time passes only when every
// goroutine of run is waiting, and then at once, so durations are exact and a
// stop of an hour takes no time. This is why nothing in run may wait for what
// is outside: sockets, child processes, mutexes that are never unlocked, and
// channels made before Run was called stop the clock. Run notices that after some
// seconds, says what waits and on which line, and ends the test; what waits is left
// behind, with the ports that it holds. Use Start, or net.Pipe, or a listener in
// memory, and make the channels in run or in a bubble of the test's own around
// Run:
//
//	synctest.Test(t, func(t *testing.T) {
//		release := make(chan struct{})
//		res := shutdowntest.Run(t, func(ctx context.Context) error { <-release; return nil },
//			shutdowntest.Signal(time.Second, os.Interrupt))
//		close(release)
//		…
//	})
//
// # What is stuck
//
// A goroutine that outlives the stop is one of the [Result]'s Goroutines, and
// makes [Result.Clean] fail; Run itself does not fail the test, since a test may
// be about just that. In a bubble that Run has made it is left behind, where
// it does nothing any more. In a bubble of the test's own, the test must let
// it end, or synctest will panic.
package shutdowntest
