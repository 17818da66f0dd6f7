//go:build unix

package main

import (
	"fmt"
	"syscall"
	"time"
)

// trial starts the program for the check, tries it, and proves that nothing is
// left of it.
func (d *schedule) trial(c check, t trial) finding {
	if err := d.poisoned(); err != nil {
		return said(unknown, "%v", err)
	}
	t.s, t.seen, t.rest = d.s, d.seen, d.atRest()
	if t.sig == 0 {
		t.sig = syscall.SIGTERM
	}
	if t.grace == 0 {
		t.grace = d.s.grace
	}
	p, err := start(d.ctx, d.s, c.world)
	if err != nil {
		return said(unknown, "it could not be started: %v", err)
	}
	t.p = p
	f := d.tryOn(c, &t)
	f.rude = t.killed()
	if err := p.cleanUp(); err != nil {
		d.poison(err)
	}
	if d.ctx.Err() != nil {
		return said(unknown, "interrupted")
	}
	return f
}

func (d *schedule) tryOn(c check, t *trial) finding {
	if !c.early {
		err := t.p.ready(d.seen, c.blind)
		switch {
		case err != nil && (c.world.stdout != "" || c.world.attr != nil):
			return said(skipped, "%v", err) // it is the world that it does not bear
		case err != nil:
			return said(unknown, "%v", err)
		}
		if t.p.hasEnded() {
			return said(unknown, "it ended by itself, %v; %s", t.p.ending, t.p.out.tail())
		}
	}
	return c.try(t)
}

// killed says whether the signal has ended it without its doing: it died by
// it, or left at once as runtimes do that are not told what it means.
func (t *trial) killed() bool {
	if !t.p.hasEnded() {
		return false
	}
	e := t.p.ending
	return e.signal != 0 || e.code != 0 && e.code != 128+int(t.sig)
}

func (d *schedule) atRest() time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.rest
}

func (d *schedule) poison(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fatal == nil {
		d.fatal = err
	}
}

func (d *schedule) poisoned() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fatal == nil {
		return d.ctx.Err()
	}
	return d.fatal
}

// repeats is how often a bad verdict must come out to be called one.
const repeats = 3

// repeat tries again, alone on the machine as far as we go, what came out bad:
// it is bad if it is so each time, and sometimes bad otherwise.
func (d *schedule) repeat(c check, first finding, r *result) finding {
	d.alone.Lock()
	defer d.alone.Unlock()
	r.Bad = 1
	patience := d.s.grace
	if first.endless {
		patience = min(patience, max(2*time.Second, patience/4)) // that it does not end has been seen
	}
	for range repeats - 1 {
		f := d.trial(c, trial{grace: patience})
		if f.verdict == unknown || f.verdict == skipped {
			continue
		}
		r.Trials++
		if f.verdict == bad {
			r.Bad++
		}
	}
	first.seen += fmt.Sprintf(" (%d of %d times)", r.Bad, r.Trials)
	if r.Bad < r.Trials {
		first.verdict = sometimes
	}
	if c.others {
		d.better(c, patience, r)
		if r.Better != "" {
			first.seen += "; " + r.Better + " does better"
		}
	}
	return first
}

// better tries the other signals that programs stop by: nginx ends well by
// SIGQUIT, PostgreSQL by SIGINT.
func (d *schedule) better(c check, patience time.Duration, r *result) {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT} {
		f := d.trial(c, trial{sig: sig, grace: patience})
		if (f.verdict == ok || f.verdict == note) && !f.rude {
			r.Better = signalName(sig)
			return
		}
	}
}
