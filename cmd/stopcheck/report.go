//go:build unix

package main

import (
	"fmt"
	"runtime"
	"time"
)

// version is that of the JSON format. What is added later does not change it.
const version = 1

// A report is all that was found, as -format json writes it.
type report struct {
	Version     int       `json:"version"`
	Program     []string  `json:"program,omitempty"`
	Image       string    `json:"image,omitempty"`
	System      string    `json:"system"`
	Began       time.Time `json:"began"`
	GraceMillis int64     `json:"grace_ms"`
	Looked      *seenJSON `json:"looked,omitempty"`
	Checks      []result  `json:"checks"`
	CannotShow  []string  `json:"cannot_show"`
	Refused     string    `json:"refused,omitempty"` // why it was not judged
	TookMillis  int64     `json:"took_ms"`
	Status      int       `json:"status"`

	required []string // checks that were asked for by -require
}

// seenJSON is what the first start has shown.
type seenJSON struct {
	ReadyMillis int64  `json:"ready_ms"`
	Processes   int    `json:"processes"`
	Ports       int    `json:"ports"`
	Address     string `json:"address,omitempty"`
	HTTP        bool   `json:"http"`
	HTTP2       bool   `json:"http2"`
	TLS         bool   `json:"tls"`
}

// cannotShow is what nobody can see from outside.
var cannotShow = []string{
	"whether its own cleanup ran: buffers written, transactions ended, locks given back",
	"work that no request is waiting for: jobs, messages, timers",
	"what its handlers do when they are cut off",
	"clients that it calls itself, and WebSockets",
}

func newReport(s settings) *report {
	return &report{
		Version: version, Program: s.command, Image: s.image, System: runtime.GOOS, Began: time.Now(),
		GraceMillis: s.grace.Milliseconds(), Checks: []result{}, CannotShow: cannotShow, required: s.require,
	}
}

func (l *looked) asJSON() *seenJSON {
	j := &seenJSON{ReadyMillis: l.ready.Milliseconds(), Processes: l.processes, Ports: l.ports}
	if t := l.target; t != nil {
		j.Address, j.HTTP, j.HTTP2, j.TLS = t.addr, t.http, t.http2, t.tls
	}
	return j
}

// conclude finds the status. What is bad outweighs what could not be judged:
// it is known.
func (r *report) conclude(err error) {
	r.TookMillis = time.Since(r.Began).Milliseconds()
	if err != nil {
		r.Refused = err.Error()
		r.Status = statusUnknown
	}
	judged := map[string]bool{}
	for _, one := range r.Checks {
		switch {
		case !one.Decides:
		case one.Verdict == bad || one.Verdict == sometimes:
			r.Status = statusBad
			judged[one.Name] = true
		case one.Verdict == unknown && r.Status == statusWell:
			r.Status = statusUnknown
		case one.Verdict == ok || one.Verdict == note:
			judged[one.Name] = true
		}
	}
	for _, name := range r.required {
		if !judged[name] && r.Status == statusWell {
			r.Status = statusUnknown
		}
	}
	if len(judged) == 0 && r.Status == statusWell {
		r.Status = statusUnknown // nothing was judged: that is not well
	}
}

// counts says how many checks came to what.
func (r *report) counts() string {
	n := map[verdict]int{}
	for _, one := range r.Checks {
		n[one.Verdict]++
	}
	text := fmt.Sprintf("%d well", n[ok]+n[note])
	for _, v := range []verdict{bad, sometimes, unknown, skipped} {
		if n[v] > 0 {
			text += fmt.Sprintf(", %d %s", n[v], v)
		}
	}
	return text
}

// find says whether anything was found to mend.
func (r *report) anyBad() bool {
	for _, one := range r.Checks {
		if one.Verdict == bad || one.Verdict == sometimes {
			return true
		}
	}
	return false
}
