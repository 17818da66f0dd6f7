// Package guard carries out clean-ups even after kill -9.
//
// No finalizer survives SIGKILL, the killer of the kernel when memory runs out,
// a panic in somebody else's goroutine, or os.Exit. What it would have removed
// stays: temporary trees, child processes, locks. A guard keeps such clean-ups
// as data, in a journal:
//
//	g, err := guard.Open("/var/lib/shop/guard") // first settles what dead processes left there
//	if err != nil {
//		return err
//	}
//	shutdown.Finally(ctx, "guard", g.Close)
//
//	tmp, err := g.RemoveAll(dir) // before dir is made
//	if err != nil {
//		return err
//	}
//	…
//	err = tmp.Release() // it is done, or it shall stay
//
// or, as a finalizer for now and as data for later:
//
//	_, err := guard.Finally(ctx, "workdir", g, guard.RemoveAll(dir))
//
// # How it works
//
// A journal is a file of lines that only grows, and the process holds a lock on
// it. The journal is the list, its lock is the sign of life: the kernel gives it
// back however the process ends. Whoever gets the lock then carries out what is
// left in the journal, newest first. That is a helper process that waits for the
// lock ([Helper]), the next start of the program ([Open]), or a command
// ([Settle], and guard settle in cmd/guard). There is no pipe and no protocol, and
// two readers cannot do the same thing twice.
//
// Each clean-up is noted as done right after it was done. One whose reader is
// killed in between is done again by the next: so clean-ups must do no harm when
// they are done twice. Remove, RemoveAll and EndGroup do none; a command that is
// given to [Run] must be such a one.
//
// What cannot be carried out is said, on standard error or to [Tell], stays in
// the journal with the reason, and is tried again by the next reader.
//
// # What is trusted
//
// A journal is a list of commands. The directory and the journals in it must
// belong to the effective user and be writable by nobody else; otherwise they are
// refused. Paths are absolute, and the root of a file system is refused. Each
// line has a checksum: a damaged or truncated journal does nothing that was not
// written, and what a damaged line may have released is left alone. A journal that
// a newer version has written is left to that version.
//
// # What it does not do
//
//   - Power loss: without [Sync], the last lines of half a minute may be missing
//     after it. What was registered then may stay, and what was released then may
//     be removed.
//   - Network file systems: the lock is flock(2), which some of them keep to
//     themselves. Use a directory of the machine, or a volume of one container.
//   - Privileges: who gives them up after Open may not be allowed to remove what
//     was registered before, and neither is the helper, which has those of its start.
//   - A syscall.Exec ends the lock as death does.
//   - Outside of Linux, macOS and FreeBSD, Open returns [errors.ErrUnsupported].
//     FreeBSD has no EndGroup, and macOS has it only for a command that runs.
//
// On import, the package looks at one environment variable, by which a helper
// knows that it is one, and does nothing else.
package guard
