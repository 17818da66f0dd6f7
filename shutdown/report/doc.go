// Package report shows a [shutdown.Report]: as text, as JSON and as a picture.
//
// One line in main has the report of the program's stop written to a file of
// the deployer's choosing:
//
//	func main() {
//		report.FromEnv(shutdown.Default())
//		shutdown.Main(run)
//	}
//
//	$ SHUTDOWN_REPORT=stop.html ./program
//
// The picture is a timeline. The states of the stop are bands; each actor,
// hold, background service, scope, finalizer and resource is a bar from the
// moment it was told to end, or started, until it had ended. What took longest
// and what failed can be seen at a glance, and the line of code where it was
// handed over stands beside it.
//
// The functions may be called with any Report, at any time and from any
// goroutine: also with one of a stop that is under way, or has not begun.
package report
