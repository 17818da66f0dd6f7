//go:build unix

package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"syscall"
	"time"
)

// A target is where requests go, and what was found out about it.
type target struct {
	addr   string // host and port to connect to
	host   string // of the requests
	path   string
	method string
	tls    bool
	http   bool
	http2  bool // it speaks HTTP/2, by ALPN or with prior knowledge
	status int  // of its answer to an ordinary request
	slow   bool // that took more than slowFrom
	body   bool // it answers only when it has the body of a request
	body2  bool // the same over HTTP/2
}

// slowFrom is how long an answer must take to be in flight when a signal
// comes, without any tricks.
const slowFrom = 250 * time.Millisecond

// patient bounds each step of a client that is not under test.
const patient = 5 * time.Second

// targetOf is that of an address on which the program listens.
func targetOf(at netip.AddrPort, method string) *target {
	addr := dialable(at).String()
	return &target{addr: addr, host: addr, path: "/", method: method}
}

// dialable is the address to connect to for who listens at at.
func dialable(at netip.AddrPort) netip.AddrPort {
	if !at.Addr().IsUnspecified() {
		return at
	}
	if at.Addr().Is6() && !canDial4(at.Port()) {
		return netip.AddrPortFrom(netip.IPv6Loopback(), at.Port())
	}
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), at.Port())
}

func canDial4(port uint16) bool {
	return answers(netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), port))
}

// targetOfURL is what -url says.
func targetOfURL(text, method string) (*target, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, err
	}
	t := &target{addr: u.Host, host: u.Host, path: u.RequestURI(), method: method, tls: u.Scheme == "https"}
	if u.Port() == "" {
		t.addr = net.JoinHostPort(u.Hostname(), map[bool]string{false: "80", true: "443"}[t.tls])
	}
	return t, nil
}

func (t *target) String() string {
	kind := "TCP"
	if t.http {
		kind = "HTTP/1"
	}
	if t.http2 {
		kind = "HTTP/1 and HTTP/2"
	}
	if t.tls {
		kind += " over TLS"
	}
	return fmt.Sprintf("%s (%s)", t.addr, kind)
}

// dial connects; protocols are for ALPN, where there is TLS.
func (t *target) dial(protocols ...string) (net.Conn, error) {
	c, err := net.DialTimeout("tcp", t.addr, patient)
	if err != nil {
		return nil, err
	}
	if !t.tls {
		return c, nil
	}
	_ = c.SetDeadline(time.Now().Add(patient))
	secure := tls.Client(c, &tls.Config{InsecureSkipVerify: true, NextProtos: protocols}) // whose certificate it is, is not our question
	if err := secure.Handshake(); err != nil {
		c.Close()
		return nil, err
	}
	_ = c.SetDeadline(time.Time{})
	return secure, nil
}

// answers says whether somebody accepts connections there.
func answers(at netip.AddrPort) bool {
	if at.Addr().IsUnspecified() && at.Addr().Is6() {
		at = netip.AddrPortFrom(netip.IPv6Loopback(), at.Port())
	}
	c, err := net.DialTimeout("tcp", at.String(), time.Second)
	if err != nil {
		return false
	}
	c.Close()
	return true
}

// ours says whether a client failed for want of something of this machine's:
// that must never be held against the program.
func ours(err error) bool {
	for _, e := range []error{syscall.EADDRNOTAVAIL, syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
