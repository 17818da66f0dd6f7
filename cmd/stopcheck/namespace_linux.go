package main

import (
	"os"
	"os/exec"
	"sync"
	"syscall"
)

// asProcess1 makes the program the first of a PID namespace, with a /proc of
// its own where that may be mounted.
var asProcess1 = world{
	script: `mount -t proc proc /proc 2>/dev/null; exec "$@"`,
	attr: func(attr *syscall.SysProcAttr) {
		attr.Cloneflags |= syscall.CLONE_NEWPID
		attr.Unshareflags |= syscall.CLONE_NEWNS
		if uid := os.Getuid(); uid != 0 { // then as root of a user namespace
			attr.Cloneflags |= syscall.CLONE_NEWUSER
			attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: uid, Size: 1}}
		}
	},
}

// cannotBeProcess1 says why not, or "".
var cannotBeProcess1 = sync.OnceValue(func() string {
	probe := exec.Command("true")
	probe.SysProcAttr = &syscall.SysProcAttr{}
	asProcess1.attr(probe.SysProcAttr)
	if err := probe.Run(); err != nil {
		return "a PID namespace is not permitted here (" + err.Error() + "); root may make one"
	}
	return ""
})
