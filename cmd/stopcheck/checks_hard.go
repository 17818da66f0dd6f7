//go:build unix

package main

import (
	"syscall"
	"time"
)

var hardChecks = []check{
	{
		name:  "insist",
		about: "a second and third Ctrl-C, while a request holds up the stop",
		why:   "who presses Ctrl-C again wants it to end now; if that is not heard only kill -9 is left",
		again: "{command}   # with a request open: press Ctrl-C twice",
		needs: []string{"sigint"},
		try:   tryInsist,
	},
	{
		name:  "startup",
		about: "SIGTERM during the start, at six moments",
		why:   "deploys are rolled back, pods are moved while they start; a signal that is lost there costs the whole grace",
		again: "{command} & pid=$!; sleep {early}; kill -TERM $pid; time wait $pid",
		needs: []string{"sigterm"},
		early: true,
		try:   tryStartup,
	},
	{
		name:   "process1",
		about:  "SIGTERM as process 1, as in a container",
		why:    "the kernel drops a signal that process 1 has no handler for: each docker stop takes 10 s and ends in SIGKILL",
		again:  "unshare --pid --fork --mount-proc --kill-child {command} & sleep {up}; kill -TERM $(pgrep -P $!); time wait $!",
		needs:  []string{"sigterm"},
		can:    func(*looked) string { return cannotBeProcess1() },
		world:  asProcess1,
		others: true,
		try:    tryProcess1,
	},
	{
		name:  "ignored",
		about: "started with SIGINT and SIGHUP ignored, as by nohup or in the background of a script",
		why:   "nohup promises that the job survives the end of the session; a handler set blindly breaks it",
		again: "sh -c 'trap \"\" INT HUP; exec \"$@\"' sh {command} & pid=$!; sleep {up}; kill -INT $pid; sleep 1; kill -HUP $pid; sleep 1; kill -0 $pid && echo alive",
		world: world{script: `trap "" INT HUP; exec "$@"`},
		try:   tryIgnored,
	},
	{
		name:  "paused",
		about: "stopped and continued in the middle of the stop (SIGSTOP, SIGCONT), with requests in flight",
		why:   "a frozen container, a laptop lid, a debugger: time that nobody had must not count as used up",
		again: "{start}; {open}; printf 'GET {path} HTTP/1.1\\r\\nHost: x\\r\\n' >&3; sleep .2; kill -TERM $pid; sleep .1; kill -STOP $pid; sleep .7; kill -CONT $pid; printf 'Connection: close\\r\\n\\r\\n' >&3; head -1 <&3; wait $pid",
		needs: []string{"sigterm", "answered"},
		try:   tryPaused,
	},
	{
		name:  "spinning",
		about: "processor time while the stop waits for a request",
		why:   "a stop that spins takes the processor from the requests that it waits for",
		again: "{start}; {open}; printf 'GET {path} HTTP/1.1\\r\\nHost: x\\r\\n' >&3; sleep .2; kill -TERM $pid; sleep .5; ps -o pid,time,pcpu,args -p $pid",
		needs: []string{"sigterm", "answered"},
		can:   needsProcesses,
		try:   trySpinning,
	},
}

func needsProcesses(*looked) string {
	if !canSeeProcesses {
		return "this needs Linux's /proc"
	}
	return ""
}

// hold keeps the stop from ending, as far as an outsider can: with a request
// that is being worked on, or at least one whose headers are under way. Of
// those no server must be patient for long; while is how long the hold may last.
func (t *trial) hold() (held []pending, while time.Duration) {
	if t.p.target == nil || !t.p.target.http {
		return nil, holdBody
	}
	k, while := headers, holdHeaders
	if t.p.target.body && !t.p.target.slow {
		k, while = body, holdBody
	}
	for range 2 {
		if f, err := t.p.target.begin(k); err == nil {
			held = append(held, f)
		}
	}
	t.p.pause(arriving)
	return held, while
}

const (
	holdBody    = 700 * time.Millisecond
	holdHeaders = 200 * time.Millisecond
)

// tryInsist presses Ctrl-C as an impatient person does, twice a second.
func tryInsist(t *trial) finding {
	held, _ := t.hold()
	defer finishAll(held, time.Millisecond)
	words := []string{"first", "second", "third"}
	for i, word := range words {
		asked := t.p.ctrlC()
		patience := 500 * time.Millisecond
		if i == len(words)-1 {
			patience = min(t.grace, 2*time.Second)
		}
		if t.p.gone(patience) {
			return said(ok, "gone %v after the %s Ctrl-C, %v", round(t.p.took(asked)), word, t.p.ending)
		}
	}
	return t.stays("three times Ctrl-C, and it still waits for its requests")
}

// moments of a start, as parts of the time that the first one took. They lie
// closer at its beginning: that one may have been a slow one.
var moments = []float64{0.05, 0.12, 0.25, 0.4, 0.6, 0.85}

// tryStartup asks at moments of the start: first the program that it was
// given, then others.
func tryStartup(t *trial) finding {
	var ends []string
	for i, part := range moments {
		if i > 0 {
			p, err := start(t.p.ctx, t.s, world{})
			if err != nil {
				return said(unknown, "it could not be started: %v", err)
			}
			defer p.cleanUp()
			t.p = p
		}
		moment := time.Duration(float64(t.seen.ready) * part)
		t.p.pause(moment - time.Since(t.p.began))
		if t.p.hasEnded() {
			return said(unknown, "it ended by itself, %v; %s", t.p.ending, t.p.out.tail())
		}
		if _, gone := t.stop(); !gone {
			return t.stays("asked %v after its start, it was still there %v later: the signal was lost", round(moment), round(t.grace))
		}
		ends = append(ends, t.p.ending.String())
	}
	return said(ok, "asked at %d moments of its start it ended each time: %s", len(ends), distinct(ends))
}

func tryProcess1(t *trial) finding {
	asked, gone := t.stop()
	if !gone {
		return t.stays("as process 1 it ignores %s: still there after %v", signalName(t.sig), round(t.grace))
	}
	f := said(ok, "as process 1 it is gone %v after %s, %v", round(t.p.took(asked)), signalName(t.sig), t.p.ending)
	f.took = t.p.took(asked)
	return f
}

func tryIgnored(t *trial) finding {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGHUP} {
		t.p.signalGroup(sig)
		if t.p.gone(400*time.Millisecond) || !t.serves() && t.p.gone(t.grace) {
			return said(bad, "started with %s ignored, it ended by it all the same, %v", signalName(sig), t.p.ending)
		}
		if !t.serves() {
			return said(bad, "started with %s ignored, it serves no more after it", signalName(sig))
		}
	}
	return said(ok, "SIGINT and SIGHUP that were ignored at its start stay ignored")
}

func tryPaused(t *trial) finding {
	held, while := t.hold()
	asked := t.p.signal(t.sig)
	t.p.pause(100 * time.Millisecond)
	t.p.signalGroup(syscall.SIGSTOP)
	if t.p.gone(while) {
		finishAll(held, t.grace)
		return said(ok, "it was gone before it could be paused")
	}
	t.p.signalGroup(syscall.SIGCONT)
	t.p.pause(100 * time.Millisecond)
	return t.judgeFates("requests in flight, with a pause in the stop,", finishAll(held, t.grace), asked)
}

// trySpinning looks at the processor time of a while of waiting. Who spins on a
// busy machine runs little, but is always in the queue; who wakes up now and
// then may wait as long, but hardly runs.
func trySpinning(t *trial) finding {
	held, while := t.hold()
	defer finishAll(held, time.Millisecond)
	t.p.signal(t.sig)
	t.p.pause(50 * time.Millisecond)
	ran, waited := t.p.tree.ran()
	began := time.Now()
	if t.p.gone(while) {
		return said(ok, "it was gone before it could spin")
	}
	ran2, waited2 := t.p.tree.ran()
	took := time.Since(began)
	share := max(0, 100*(ran2-ran)/took)
	wanted := 100 * (ran2 + waited2 - ran - waited) / took
	if share >= 12 && wanted >= 50 {
		return said(bad, "it took %d %% of a processor, and wanted %d %%, while it waited for a request", share, wanted)
	}
	return said(ok, "it took %d %% of a processor while it waited for a request", share)
}
