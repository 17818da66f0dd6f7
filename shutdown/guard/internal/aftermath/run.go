//go:build linux || darwin || freebsd

package aftermath

import "syscall"

// commandTime is how long a command has before it is killed, in milliseconds:
// as long as Kubernetes gives a pod to end.
const commandTime = 30_000

// run runs a command in a process group of its own, and waits for its end.
func run(dir, path string, argv []string, output int) error {
	null, err := open("/dev/null", syscall.O_RDWR|syscall.O_CLOEXEC, 0)
	if err != nil {
		return failure{"open", "/dev/null", err}
	}
	defer syscall.Close(null)
	if output < 0 {
		output = null
	}
	pid, err := syscall.ForkExec(path, argv, &syscall.ProcAttr{
		Dir:   dir,
		Env:   syscall.Environ(),
		Files: []uintptr{uintptr(null), uintptr(output), uintptr(output)},
		Sys:   &syscall.SysProcAttr{Setpgid: true},
	})
	if err != nil {
		return failure{"run", path, err}
	}
	status, err := await(pid)
	switch {
	case err != nil:
		return failure{"wait for", path, err}
	case status.Signaled() && status.Signal() == syscall.SIGKILL:
		return failure{"run", path, text("killed; it has " + decimal(commandTime/1000) + " s")}
	case status.Signaled():
		return failure{"run", path, text("died by signal " + decimal(uint64(status.Signal())))}
	case status.ExitStatus() != 0:
		return failure{"run", path, text("exit status " + decimal(uint64(status.ExitStatus())))}
	}
	return nil
}

// await waits for the end of a command, and kills its group when its time is up.
func await(pid int) (status syscall.WaitStatus, err error) {
	for waited := 0; waited < commandTime; waited += pauseMS {
		ended, err := again(func() (int, error) { return syscall.Wait4(pid, &status, syscall.WNOHANG, nil) })
		if ended == pid || err != nil {
			return status, err
		}
		pause()
	}
	_ = syscall.Kill(-pid, syscall.SIGKILL)
	_, err = again(func() (int, error) { return syscall.Wait4(pid, &status, 0, nil) })
	return status, err
}
