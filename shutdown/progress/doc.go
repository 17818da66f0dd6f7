// Package progress shows a stop on a terminal while it lasts: how much of its
// time is used, and who is still being waited for.
//
//	stopping  2.4s of 9s  ━━━━━━━╸─────────────────────  6.6s left
//	  actor  api       2.4s  app/main.go:31
//	  hold   job 4711  2.4s
//	  7 done, 5 to go; press Ctrl-C again to exit now
//
// One line in main does it, before the manager runs:
//
//	func main() {
//		progress.Terminal(os.Stderr).Watch(shutdown.Default())
//		shutdown.Main(run)
//	}
//
// What the program writes meanwhile, on standard error or otherwise, stays above
// these lines: they are drawn below the cursor, which stays where it is.
package progress
