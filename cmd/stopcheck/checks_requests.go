//go:build unix

package main

import (
	"fmt"
	"strings"
	"time"
)

const (
	inFlight = 5                      // requests that are open when the signal comes
	arriving = 150 * time.Millisecond // until what was sent has surely been read
	trickle  = 300 * time.Millisecond // from the signal until the rest of a request is sent
)

var requestChecks = []check{
	{
		name:   "answered",
		about:  "requests whose headers are under way when SIGTERM comes",
		why:    "each of these is a user who sees an error at each deploy",
		again:  "{start}; {open}; printf 'GET {path} HTTP/1.1\\r\\nHost: x\\r\\n' >&3; sleep .2; kill -TERM $pid; sleep .3; printf 'Connection: close\\r\\n\\r\\n' >&3; head -1 <&3",
		needs:  []string{"sigterm"},
		can:    needsHTTP,
		others: true,
		try:    func(t *trial) finding { return t.inFlight(headers, "requests in flight") },
	},
	{
		name:   "body",
		about:  "requests that are being worked on, or whose body is under way",
		why:    "an upload, an order, a payment that is cut off: the user does not know whether it was taken",
		again:  "{start}; {open}; printf '{method} {path} HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 10\\r\\n\\r\\nstop-' >&3; sleep .2; kill -TERM $pid; sleep .3; printf check >&3; head -1 <&3",
		needs:  []string{"sigterm"},
		can:    needsBody,
		others: true,
		try:    func(t *trial) finding { return t.inFlight(body, "requests at work") },
	},
	{
		name:   "keepalive",
		about:  "the same on connections that have had a request before",
		why:    "browsers, proxies and clients keep their connections: most requests come on one of these",
		again:  "{start}; {open}; printf '{method} {path} HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n{method} {path} HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 10\\r\\n\\r\\nstop-' >&3; sleep .2; kill -TERM $pid; sleep .3; printf check >&3; timeout 2 grep -c ^HTTP/ <&3   # 2 is right",
		needs:  []string{"sigterm"},
		can:    needsBody,
		others: true,
		try:    func(t *trial) finding { return t.inFlight(kept, "requests on kept connections") },
	},
	{
		name:   "http2",
		about:  "requests over HTTP/2; to be told to try again elsewhere is well, too",
		why:    "gRPC and most browsers speak HTTP/2: one connection that is cut takes all its requests along",
		again:  "{self} -only http2 {flags}",
		needs:  []string{"sigterm"},
		can:    needsHTTP2,
		others: true,
		try:    func(t *trial) finding { return t.inFlight2() },
	},
	{
		name:  "newcomers",
		about: "connections that are made during a stop: refused or answered, not cut",
		why:   "load balancers send new requests for seconds after SIGTERM; whom you accept, you must answer",
		again: "{start}; {open}; printf 'GET {path} HTTP/1.1\\r\\n' >&3; sleep .2; kill -TERM $pid; for i in 1 2 3 4 5; do sleep .05; curl -sS -o /dev/null -w '%{http_code}\\n' {url}; done   # 000 and 'refused', or an answer",
		needs: []string{"sigterm"},
		can:   needsHTTP,
		try:   tryNewcomers,
	},
}

func needsHTTP(l *looked) string {
	switch {
	case l.target == nil:
		return "no port was found to send requests to; -url says where"
	case !l.target.http:
		return "nothing speaks HTTP at " + l.target.addr
	}
	return ""
}

func needsBody(l *looked) string {
	if no := needsHTTP(l); no != "" {
		return no
	}
	if !l.target.body {
		return fmt.Sprintf("%s is answered at once, without its body; -url or -method with one that takes a moment shows it", l.target.path)
	}
	return ""
}

func needsHTTP2(l *looked) string {
	if no := needsHTTP(l); no != "" {
		return no
	}
	if !l.target.http2 {
		return "it does not speak HTTP/2"
	}
	return ""
}

// A pending request can be finished, over whatever protocol.
type pending interface{ finish(time.Duration) fate }

func (t *trial) inFlight(k kind, what string) finding {
	return t.judgeFlights(what, func() (pending, error) { return t.p.target.begin(k) })
}

func (t *trial) inFlight2() finding {
	return t.judgeFlights("requests over HTTP/2", func() (pending, error) { return t.p.target.begin2(t.p.target.body2) })
}

// judgeFlights opens requests, asks for the stop, sends what was held back and
// counts the answers.
func (t *trial) judgeFlights(what string, begin func() (pending, error)) finding {
	var flights []pending
	for range inFlight {
		f, err := begin()
		if err != nil {
			return said(unknown, "no request could be opened: %s", plain(err))
		}
		flights = append(flights, f)
	}
	t.p.pause(arriving)
	asked := t.p.signal(t.sig)
	t.p.pause(trickle)
	fates := finishAll(flights, t.grace)
	return t.judgeFates(what, fates, asked)
}

func finishAll(flights []pending, patience time.Duration) []fate {
	fates := make([]fate, len(flights))
	done := make(chan int)
	for i, f := range flights {
		go func() { fates[i] = f.finish(patience); done <- i }() // ends when its patience is over
	}
	for range flights {
		<-done
	}
	return fates
}

func (t *trial) judgeFates(what string, fates []fate, asked time.Time) finding {
	lost, last := 0, fate{}
	for _, f := range fates {
		if f.ours {
			return said(unknown, "our own client failed: %v", plain(f.failure))
		}
		if f.failure != nil {
			lost++
			last = f
		}
	}
	name := signalName(t.sig)
	if lost > 0 {
		return said(bad, "%d of %d %s were cut off by %s: %v", lost, len(fates), what, name, last)
	}
	if !t.p.gone(t.grace) {
		return t.stays("all %d %s were answered after %s, but it did not end in %v", len(fates), what, name, round(t.grace))
	}
	f := said(ok, "%d of %d %s were answered after %s; gone after %v", len(fates), len(fates), what, name, round(t.p.took(asked)))
	f.took = t.p.took(asked)
	return f
}

// tryNewcomers holds the stop up with one request, and knocks.
func tryNewcomers(t *trial) finding {
	held, err := t.p.target.begin(headers)
	if err != nil {
		return said(unknown, "no request could be opened: %s", plain(err))
	}
	t.p.pause(arriving)
	t.p.signal(t.sig)
	var seen knocks
	for range 12 {
		if t.p.gone(25 * time.Millisecond) {
			break
		}
		seen.add(t.p.target.knock())
	}
	held.finish(t.grace)
	return seen.finding()
}

// A knock is what a new connection meets.
type knock int

const (
	refused knock = iota
	served
	dropped // accepted, and then not answered
	ourFault
)

func (t *target) knock() knock {
	f, err := t.open(headers)
	switch {
	case ours(err):
		return ourFault
	case err != nil:
		return refused
	}
	defer f.conn.Close()
	if answer := f.ask(t.head("", true)+"\r\n", time.Second); answer.answered {
		return served
	}
	return dropped
}

// knocks counts them, by what they met.
type knocks [ourFault + 1]int

func (k *knocks) add(one knock) { k[one]++ }

// finding forgives one: it may have been between the door and the room when
// the door was closed.
func (k *knocks) finding() finding {
	var parts []string
	for one, words := range map[knock]string{refused: "refused", served: "answered", dropped: "accepted and not answered"} {
		if k[one] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", k[one], words))
		}
	}
	sortStrings(parts)
	text := strings.Join(parts, ", ")
	switch {
	case k[ourFault] > 0:
		return said(unknown, "our own client failed on %d connections", k[ourFault])
	case text == "":
		return said(ok, "it was gone before anybody could knock")
	case k[dropped] > 1:
		return said(bad, "connections during the stop: %s", text)
	case k[served] == 0:
		return said(ok, "connections during the stop: %s; in Kubernetes a preStop sleep bridges that", text)
	}
	return said(ok, "connections during the stop: %s", text)
}
