//go:build unix

package main

import (
	"fmt"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"time"
)

// orphans is how long children may take to hear that their parent is gone.
const orphans = time.Second

var leftChecks = []check{
	{
		name:  "children",
		about: "processes that are left behind after SIGTERM",
		why:   "orphans hold ports, locks and memory; the next start fails, or two of them work on the same data",
		again: "setsid {command} & pid=$!; sleep {up}; kill -TERM $pid; wait $pid; sleep 1; ps -o pid,args -s $pid",
		needs: []string{"sigterm"},
		try:   func(t *trial) finding { return t.leaves(t.sig, "SIGTERM") },
	},
	{
		name:  "files",
		about: "files that are left behind in TMPDIR after SIGTERM",
		why:   "what each deploy leaves in /tmp fills the disk one day",
		again: "export TMPDIR=$(mktemp -d); {start}; kill -TERM $pid; wait $pid; ls -A $TMPDIR",
		needs: []string{"sigterm"},
		try:   tryFiles,
	},
	{
		name:  "killed",
		about: "what is left behind after kill -9",
		why:   "when memory is short the kernel does this; children that live on hold the port, and the restart fails",
		again: "setsid {command} & pid=$!; sleep {up}; kill -KILL $pid; sleep 1; ps -o pid,args -s $pid",
		try:   func(t *trial) finding { return t.leaves(syscall.SIGKILL, "kill -9") },
	},
	{
		name:  "restart",
		about: "it starts again at once where it has just stopped",
		why:   "an address, lock or pid file that is not given back turns a restart into an outage",
		again: "{start}; kill -TERM $pid; wait $pid; {command}",
		needs: []string{"sigterm"},
		try:   tryRestart,
	},
}

// leaves ends the process and looks at who lives on.
func (t *trial) leaves(sig syscall.Signal, by string) finding {
	before := t.p.tree.alive() // now they can still be known by their parent
	t.p.signal(sig)
	if !t.p.gone(t.grace) {
		return t.stays("it did not end in %v", round(t.grace))
	}
	left := t.p.left(orphans)
	if len(left) == 0 {
		switch {
		case !canSeeProcesses:
			return said(ok, "nobody of its process group is left after %s", by)
		case len(before) > 1:
			return said(ok, "all %d processes are gone after %s, and the ports are free", len(before), by)
		}
		return said(ok, "nothing is left after %s", by)
	}
	text := fmt.Sprintf("left behind after %s: %s", by, namesOf(left))
	if ports := t.p.tree.ports(); len(ports) > 0 {
		text += ", still listening on " + addresses(ports)
	}
	return said(bad, "%s", text)
}

func addresses(ports []netip.AddrPort) string {
	var all []string
	for _, at := range ports {
		all = append(all, at.String())
	}
	return strings.Join(all, ", ")
}

func tryFiles(t *trial) finding {
	if _, gone := t.stop(); !gone {
		return t.stays("it did not end in %v", round(t.grace))
	}
	t.p.left(orphans)
	entries, err := os.ReadDir(t.p.tmp())
	if err != nil {
		return said(unknown, "%v", err)
	}
	if len(entries) == 0 {
		return said(ok, "nothing is left in TMPDIR")
	}
	return said(bad, "%d left in TMPDIR, %q the first", len(entries), entries[0].Name())
}

// tryRestart starts it where it was: with the arguments of the first start,
// free port and directory included.
func tryRestart(t *trial) finding {
	if _, gone := t.stop(); !gone {
		return t.stays("it did not end in %v", round(t.grace))
	}
	p, err := start(t.p.ctx, t.p.s, world{})
	if err != nil {
		return said(unknown, "it could not be started: %v", err)
	}
	defer p.cleanUp()
	if err := p.ready(t.seen, false); err != nil {
		return said(bad, "started again at once, %v", err)
	}
	return said(ok, "started again at once, it was up after %v", round(time.Since(p.began)))
}
