//go:build unix

package main

import (
	"net"
	"time"
)

// slower is by how much idle clients may delay a stop, compared with one at
// rest, without a word about it.
const slower = time.Second

var connectionChecks = []check{
	{
		name:   "idle",
		about:  "kept connections on which nothing is going on",
		why:    "every browser and proxy keeps one: a stop that waits for these ends by SIGKILL, and cuts the others",
		again:  "{start}; {open}; printf 'GET {path} HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n' >&3; sleep .2; kill -TERM $pid; time wait $pid",
		needs:  []string{"sigterm"},
		can:    needsHTTP,
		others: true,
		try:    func(t *trial) finding { return t.held("3 idle kept connections", t.openIdle) },
	},
	{
		name:   "silent",
		about:  "connections on which nobody has said anything yet",
		why:    "browsers, port probes and load balancers open such ones: one alone can keep a stop from ending",
		again:  "{start}; {open}; sleep .2; kill -TERM $pid; time wait $pid",
		needs:  []string{"sigterm"},
		can:    needsPort,
		others: true,
		try:    func(t *trial) finding { return t.held("3 silent connections", t.openSilent) },
	},
}

func needsPort(l *looked) string {
	if l.target == nil {
		return "no port was found to connect to; -url or -ready with a port says where"
	}
	return ""
}

func (t *trial) openIdle() (net.Conn, error) {
	f, err := t.p.target.open(kept)
	if err != nil {
		return nil, err
	}
	return f.conn, nil
}

// openSilent connects without a word, not even of TLS.
func (t *trial) openSilent() (net.Conn, error) {
	return net.DialTimeout("tcp", t.p.target.addr, patient)
}

// reachable says whether it accepts connections.
func (t *target) reachable() bool {
	c, err := net.DialTimeout("tcp", t.addr, patient)
	if err == nil {
		c.Close()
	}
	return err == nil
}

// held sees whether connections hold up the stop.
func (t *trial) held(what string, open func() (net.Conn, error)) finding {
	for range 3 {
		c, err := open()
		if err != nil {
			return said(unknown, "no connection could be opened: %s", plain(err))
		}
		defer c.Close()
	}
	t.p.pause(arriving)
	asked, gone := t.stop()
	if !gone {
		return t.stays("%s keep it from ending: still there %v after %s", what, round(t.grace), signalName(t.sig))
	}
	took := t.p.took(asked)
	f := said(ok, "gone %v after %s, with %s open", round(took), signalName(t.sig), what)
	if took > t.rest+slower {
		f = said(note, "%s held it up: gone %v after %s", what, round(took), signalName(t.sig))
	}
	f.took = took
	return f
}
