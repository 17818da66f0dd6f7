// Package signals knows what the operating system's termination signals mean,
// and nothing about managers: which of them ask a program to stop, which may be
// registered for at all, when a repeated one is a new request, how to keep a
// dead reader of the log from killing the program, and how a process ends by a
// signal.
//
// No signal is taken on import. [Notify] and [GuardPipe] take signals and
// return the function that gives them back.
//
// # Ignored signals
//
// A process that was started with SIGINT or SIGHUP ignored was told to survive
// them: by nohup(1), or by a shell script that started it with &. Registering
// for such a signal would revive it (see the documentation of os/signal), so
// this package notes what was ignored before anything can have registered and
// leaves those signals alone. The Go runtime shows an inherited "ignored" only
// for SIGINT and SIGHUP; for other signals nobody can know.
//
// SIGQUIT is not a termination signal here. Go answers it with the stacks of
// all goroutines, and a stop that hangs is when they are needed most.
package signals
