//go:build unix

package main

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"
)

// A result is what a check came to, after all its trials.
type result struct {
	check   check
	Name    string  `json:"name"`
	Verdict verdict `json:"verdict"`
	Seen    string  `json:"seen"`
	Why     string  `json:"why"`
	Again   string  `json:"again"`
	Trials  int     `json:"trials"`
	Bad     int     `json:"bad"`               // how many trials were bad
	Millis  *int64  `json:"stop_ms,omitempty"` // how long the stop took
	Better  string  `json:"better,omitempty"`  // a signal that would have done better
	Decides bool    `json:"decides"`           // about the status
}

// A schedule makes the checks: several at once where copies of the program do
// not disturb each other, one at a time where they may.
type schedule struct {
	ctx   context.Context
	s     settings
	seen  *looked
	alone sync.RWMutex // held for writing by those who repeat a trial, and want the machine for themselves
	mu    sync.Mutex
	done  map[string]chan struct{}
	came  map[string]verdict
	rest  time.Duration // how long the stop of a program at rest took
	fatal error         // something is left that cannot be ended
}

// makeAll makes all checks. Their results are given to found in the order of
// the table, as soon as all before are there; busy hears what is under way. It
// fails if something was left that would poison the rest.
func makeAll(ctx context.Context, s settings, seen *looked, found func(result), busy func(string)) error {
	plan := chosen(checks, s)
	d := &schedule{ctx: ctx, s: s, seen: seen, done: map[string]chan struct{}{}, came: map[string]verdict{}}
	results := make([]chan result, len(plan))
	for i, c := range plan {
		d.done[c.name] = make(chan struct{})
		results[i] = make(chan result, 1)
	}
	next := make(chan int)
	go func() { // ends when every check was taken
		for i := range plan {
			next <- i
		}
		close(next)
	}()
	for range s.atOnce(seen, runtime.NumCPU()) {
		go func() { // ends when no check is left
			for i := range next {
				busy(plan[i].name)
				r := d.check(plan[i])
				d.note(r)
				results[i] <- r
			}
		}()
	}
	for i := range plan {
		found(<-results[i])
	}
	return d.fatal
}

// chosen are the checks that -only and -skip leave.
func chosen(all []check, s settings) (plan []check) {
	for _, c := range all {
		if (len(s.only) == 0 || slices.Contains(s.only, c.name)) && !slices.Contains(s.skip, c.name) {
			plan = append(plan, c)
		}
	}
	return plan
}

func (d *schedule) note(r result) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.came[r.Name] = r.Verdict
	if r.Name == "sigterm" && r.Millis != nil {
		d.rest = time.Duration(*r.Millis) * time.Millisecond
	}
	close(d.done[r.Name])
}

// check makes one check, with as many trials as an honest verdict needs.
func (d *schedule) check(c check) result {
	r := result{check: c, Name: c.name, Why: c.why, Decides: d.s.decides(c.name)}
	r.Again = recipe(c.again, c.name, d.s, d.seen)
	if no := d.impossible(c); no != "" {
		r.Verdict, r.Seen = skipped, no
		return r
	}
	d.alone.RLock()
	f := d.trial(c, trial{})
	d.alone.RUnlock()
	r.Trials = 1
	if f.verdict == bad {
		f = d.repeat(c, f, &r)
	}
	r.Verdict, r.Seen = f.verdict, f.seen
	if f.took > 0 {
		ms := f.took.Milliseconds()
		r.Millis = &ms
	}
	return r
}

// impossible says why the check cannot be made, or says nothing; "" if it can.
// It waits for the checks that this one needs.
func (d *schedule) impossible(c check) string {
	for _, name := range c.needs {
		done, planned := d.done[name]
		if !planned {
			continue
		}
		<-done
		d.mu.Lock()
		v := d.came[name]
		d.mu.Unlock()
		if v == bad || v == sometimes || v == unknown {
			return fmt.Sprintf("%s is %s: this says nothing besides", name, v)
		}
	}
	if c.can != nil {
		return c.can(d.seen)
	}
	return ""
}

func (s settings) decides(name string) bool {
	return len(s.require) == 0 || slices.Contains(s.require, name)
}
