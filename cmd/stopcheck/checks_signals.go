//go:build unix

package main

import (
	"fmt"
	"syscall"
	"time"
)

var signalChecks = []check{
	{
		name:   "sigterm",
		about:  "SIGTERM to a program at rest: time and manner",
		why:    "docker, Kubernetes and systemd ask by SIGTERM; who does not go is killed in the middle of things",
		again:  "{start}; kill -TERM $pid; time wait $pid",
		others: true,
		try:    func(t *trial) finding { return t.endsBy(t.sig, func() time.Time { return t.p.signal(t.sig) }) },
	},
	{
		name:  "sigint",
		about: "Ctrl-C: SIGINT to the whole process group",
		why:   "a person at a terminal presses Ctrl-C, and does not know another way",
		again: "{command}   # and press Ctrl-C",
		try:   func(t *trial) finding { return t.endsBy(syscall.SIGINT, t.p.ctrlC) },
	},
	{
		name:  "sighup",
		about: "SIGHUP: it ends, or goes on as before",
		why:   "SIGHUP comes when a terminal or an SSH session is closed; half stopped is the worst of both",
		again: "{start}; kill -HUP $pid; sleep 1; ps -o pid,stat,args -p $pid",
		try:   trySIGHUP,
	},
	{
		name:  "status",
		about: "the exit status after SIGTERM, as bash, systemd and Kubernetes read it",
		why:   "a status that says failure at each deploy raises alarms, and Restart=on-failure starts it again",
		again: "{start}; kill -TERM $pid; wait $pid; echo status $?",
		needs: []string{"sigterm"},
		try:   tryStatus,
	},
}

// endsBy asks a program at rest, and judges time and manner.
func (t *trial) endsBy(sig syscall.Signal, ask func() time.Time) finding {
	asked := ask()
	if !t.p.gone(t.grace) {
		return t.stays("still running %v after %s; %s", round(t.grace), signalName(sig), t.who())
	}
	took := t.p.took(asked)
	f := said(ok, "gone %v after %s, %v", round(took), signalName(sig), t.p.ending)
	if took > 10*time.Second {
		f = said(note, "gone %v after %s, %v: longer than the 10 s that docker waits", round(took), signalName(sig), t.p.ending)
	}
	f.took = took
	if t.p.ending.signal == sig {
		f.seen += ": nothing of its own ran"
	}
	return f
}

// trySIGHUP lets a program go on, as those do that read their configuration
// again; one that no longer serves must end as well.
func trySIGHUP(t *trial) finding {
	asked := t.p.signal(syscall.SIGHUP)
	if t.p.gone(500 * time.Millisecond) {
		f := said(ok, "gone %v after SIGHUP, %v", round(t.p.took(asked)), t.p.ending)
		if e := t.p.ending; e.signal == 0 && e.code != 0 && e.code != 129 {
			f.verdict = note
		}
		return f
	}
	if t.serves() {
		return said(ok, "goes on after SIGHUP, as programs do that read their configuration again")
	}
	if !t.p.gone(t.grace) {
		return t.stays("%v after SIGHUP it serves no more, and is still there", round(t.grace))
	}
	return said(ok, "gone %v after SIGHUP, %v", round(t.p.took(asked)), t.p.ending)
}

// serves says whether it still listens everywhere. What listens nowhere is
// taken to be at work.
func (t *trial) serves() bool {
	if len(t.p.listens) > 0 {
		return len(t.p.tree.ports()) >= len(t.p.listens)
	}
	return t.p.target == nil || t.p.target.reachable()
}

func tryStatus(t *trial) finding {
	if _, gone := t.stop(); !gone {
		return t.stays("it did not end in %v", round(t.grace))
	}
	e := t.p.ending
	text := fmt.Sprintf("after %s: %s", signalName(t.sig), e.readings())
	switch {
	case e.clean():
		return said(ok, "%s", text)
	case e.signal == 0 && e.code == 128+int(syscall.SIGTERM):
		return said(note, "%s; SuccessExitStatus=143 in the unit mends that", text)
	}
	return said(bad, "%s", text)
}
