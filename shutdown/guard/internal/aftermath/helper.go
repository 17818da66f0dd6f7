//go:build linux || darwin || freebsd

package aftermath

import "syscall"

// helperVariable makes a program the helper of the journal that it names.
const helperVariable = "LASTCALL_GUARD_HELPER"

// init is where a program turns out to be a helper: before almost everything
// else is initialised, and main is never reached. Otherwise it is the look at
// one variable.
func init() {
	path, ok := syscall.Getenv(helperVariable)
	if !ok {
		return
	}
	_ = syscall.Unsetenv(helperVariable) // not for the commands that it runs
	outlive()
	_ = Reader{Wait: true, Output: -1}.Settle(path)
	syscall.Exit(0)
}

// outlive sees to it that nothing ends the helper that is meant for the program,
// and that it holds nothing open. The standard streams are /dev/null already: they
// were closed, and the runtime does that.
func outlive() {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		ignore(sig)
	}
	closeFrom(3)
	rename("lastcall-guard")
}

// StartHelper starts a helper for a journal: the program itself, at the path
// program, in a session of its own. It does not wait until the helper is ready.
func StartHelper(program, journal string) (pid int, err error) {
	pid, err = syscall.ForkExec(program, []string{"lastcall-guard", journal}, &syscall.ProcAttr{
		Dir: "/", // keep no file system busy
		Env: append(syscall.Environ(), helperVariable+"="+journal),
		Sys: &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		return 0, failure{"start the helper", program, err}
	}
	return pid, nil
}

// EndHelper ends a helper that has nothing to do, and waits for it.
func EndHelper(pid int) {
	_ = syscall.Kill(pid, syscall.SIGKILL) // it waits for a lock, and holds nothing
	_, _ = again(func() (int, error) { return syscall.Wait4(pid, nil, 0, nil) })
}
