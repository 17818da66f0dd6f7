//go:build unix

package main

import (
	"fmt"
	"strings"
	"syscall"
	"time"
)

// A verdict is what a check came to.
type verdict string

const (
	ok        verdict = "ok"
	note      verdict = "note"      // well, but worth knowing
	bad       verdict = "bad"       // each time it was tried
	sometimes verdict = "sometimes" // bad, but not each time
	skipped   verdict = "skipped"   // it cannot be made here, or says nothing here
	unknown   verdict = "unknown"   // it could not be judged
)

// A check is one thing that can go wrong when a program stops, and how to see
// it.
type check struct {
	name   string
	about  string                   // what is tried, in one line
	why    string                   // what a user loses, in plain words
	again  string                   // shell lines that show it again; see recipe
	needs  []string                 // checks, before this one: if they are bad, this one says nothing
	can    func(*looked) string     // why it cannot be made here, or ""
	world  world                    // how the program is started
	early  bool                     // it is not waited for until it is up
	blind  bool                     // its output cannot be seen while it starts
	others bool                     // if SIGTERM does badly, other signals are tried
	try    func(*trial) finding     // what is done, and what was seen
	image  func(*container) finding // the same for an image
}

// A finding is what one trial has shown.
type finding struct {
	verdict verdict
	seen    string
	took    time.Duration // of the stop, where there was one
	endless bool          // it did not end; to see that again takes less time
	rude    bool          // the signal just killed it
}

func said(v verdict, format string, args ...any) finding {
	return finding{verdict: v, seen: fmt.Sprintf(format, args...)}
}

// A trial is one start of the program for one check.
type trial struct {
	p     *program
	seen  *looked
	s     settings
	sig   syscall.Signal // what asks for the stop: SIGTERM, or one that might do better
	grace time.Duration  // how long the stop may take
	rest  time.Duration  // how long one took at rest
}

// stop asks for the stop and waits for the end.
func (t *trial) stop() (asked time.Time, gone bool) {
	asked = t.p.signal(t.sig)
	return asked, t.p.gone(t.grace)
}

// stays is the finding that the program is still there at the end of its time.
func (t *trial) stays(format string, args ...any) finding {
	f := said(bad, format, args...)
	f.endless = true
	return f
}

// who says who would kill the program, and when.
func (t *trial) who() string {
	switch {
	case t.grace < 10*time.Second:
		return "docker kills it after 10 s, Kubernetes after 30 s, systemd after 90 s"
	case t.grace < 30*time.Second:
		return "docker has killed it by then, Kubernetes does after 30 s, systemd after 90 s"
	}
	return "docker has killed it by then, and Kubernetes after its 30 s"
}

// checks are all of them, in the order in which they are shown.
var checks = concat(signalChecks, requestChecks, connectionChecks, hardChecks, outputChecks, leftChecks)

func concat(tables ...[]check) (all []check) {
	for _, t := range tables {
		all = append(all, t...)
	}
	return all
}

// round is a duration for people.
func round(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", d.Seconds()), ".0") + " s"
}
