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
	restoreEnvironment()
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
		Env: append(frugal(syscall.Environ()), helperVariable+"="+journal),
		Sys: &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		return 0, failure{"start the helper", program, err}
	}
	return pid, nil
}

// thrift makes the runtime of a helper take little memory, and wake up never:
// without GOGC=off there would be a collection every two minutes.
var thrift = [...][2]string{{"GOMAXPROCS", "1"}, {"GOGC", "off"}, {"GOMEMLIMIT", "16MiB"}}

const kept = "LASTCALL_GUARD_" // begins the name of what thrift has replaced

// frugal is an environment with thrift.
func frugal(environment []string) []string {
	var env []string
	for _, t := range thrift {
		env = append(env, t[0]+"="+t[1])
	}
	for _, v := range environment {
		for _, t := range thrift {
			if len(v) > len(t[0]) && v[:len(t[0])+1] == t[0]+"=" {
				v = kept + v
				break
			}
		}
		env = append(env, v)
	}
	return env
}

// restoreEnvironment gives the commands that the helper runs what the program had.
func restoreEnvironment() {
	for _, t := range thrift {
		_ = syscall.Unsetenv(t[0])
		if was, ok := syscall.Getenv(kept + t[0]); ok {
			_ = syscall.Setenv(t[0], was)
			_ = syscall.Unsetenv(kept + t[0])
		}
	}
}

// EndHelper ends a helper that has nothing to do, and waits for it.
func EndHelper(pid int) {
	_ = syscall.Kill(pid, syscall.SIGKILL) // it waits for a lock, and holds nothing
	_, _ = again(func() (int, error) { return syscall.Wait4(pid, nil, 0, nil) })
}
