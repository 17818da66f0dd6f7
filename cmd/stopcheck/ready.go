//go:build unix

package main

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

const (
	settled    = 150 * time.Millisecond // without using the processor: what has no port is taken to be up
	settledFor = 2 * time.Second        // the same where it is not known yet whether it will have one
)

// ready waits until the program is up, and finds where it answers. known is
// what was seen of an earlier start; nil at the first. blind says that its
// output cannot be seen.
func (p *program) ready(known *looked, blind bool) error {
	deadline := time.Now().Add(p.s.start)
	var err error
	switch {
	case p.s.ready != "" && !isPlace(p.s.ready) && !blind:
		err = p.untilLine(p.s.ready, deadline)
	case p.s.ready != "" && isPlace(p.s.ready):
		err = p.until(deadline, "until "+p.s.ready+" answers", func() bool { return placeAnswers(p.s.ready) })
	case p.s.url != "":
		err = p.until(deadline, "until "+p.s.url+" answers", func() bool { return urlAnswers(p.s.url) })
	case !canSeeProcesses && p.s.ready == "":
		err = fmt.Errorf("on this system -ready or -url must say when the program is up")
	}
	if err == nil {
		err = p.untilPorts(known, deadline)
	}
	if err != nil {
		return err
	}
	if known == nil {
		p.listens = p.tree.ports() // all that it has opened by now
	}
	p.up = time.Since(p.began) - p.idle
	return p.aim(known)
}

// until looks again and again whether it is up.
func (p *program) until(deadline time.Time, what string, up func() bool) error {
	for !up() {
		if err := p.mayStillCome(deadline, what); err != nil {
			return err
		}
	}
	return nil
}

// mayStillCome waits a moment; it fails if the program has ended or time is up.
func (p *program) mayStillCome(deadline time.Time, what string) error {
	p.pause(10 * time.Millisecond)
	switch {
	case p.ctx.Err() != nil:
		return p.ctx.Err()
	case p.hasEnded():
		return fmt.Errorf("it ended by itself after %v, %v; %s", p.took(p.began), p.ending, p.out.tail())
	case time.Now().After(deadline):
		return fmt.Errorf("it did not come up: waited %v %s; %s", p.s.start, what, p.out.tail())
	}
	return nil
}

func (p *program) untilLine(text string, deadline time.Time) error {
	for {
		changed := p.out.wait()
		if strings.Contains(p.out.said(0), text) {
			return nil
		}
		select {
		case <-changed:
		case <-p.ended:
			<-p.out.done
			if !strings.Contains(p.out.said(0), text) {
				return p.mayStillCome(deadline, "")
			}
		case <-p.ctx.Done():
		case <-time.After(time.Until(deadline)):
		}
		if p.ctx.Err() != nil || time.Now().After(deadline) {
			return p.mayStillCome(deadline, fmt.Sprintf("for %q in its output", text))
		}
	}
}

// untilPorts waits until it listens where it did before, and nothing moves any
// more.
func (p *program) untilPorts(known *looked, deadline time.Time) error {
	if !canSeeProcesses {
		return nil
	}
	told := p.s.ready != "" || p.s.url != "" // then it is up already
	quiet, used := time.Now(), time.Duration(-1)
	for ports := 0; ; {
		all := p.tree.alive()
		if now := busy(all); now != used {
			quiet, used = time.Now(), now
		}
		if known != nil || ports == 0 { // at the first start it is enough that there are any
			p.listens = portsOf(all)
			ports = len(p.listens)
		}
		still := time.Since(quiet)
		switch {
		case known == nil && ports > 0 && still > settled/3,
			known == nil && (told && still > settled || still > settledFor),
			known != nil && known.ports > 0 && ports >= known.ports,
			known != nil && known.ports == 0 && still > settled:
			p.idle = still // it was up before that
			return nil
		case known != nil && told && still > 2*time.Second:
			return nil
		}
		if err := p.mayStillCome(deadline, "until it listens"); err != nil {
			return err
		}
	}
}

// aim finds the target of requests: what -url says, the port of before, or the
// first that answers HTTP.
func (p *program) aim(known *looked) error {
	var err error
	switch {
	case p.s.url != "":
		p.target, err = targetOfURL(p.s.url, p.s.method)
	case known == nil:
		p.target = p.find()
	case known.target != nil:
		p.target = p.again(known)
	}
	if err != nil || p.target == nil {
		return err
	}
	if known == nil {
		if p.s.url != "" {
			p.target.explore()
		}
		return nil
	}
	addr, host := p.target.addr, p.target.host
	*p.target = *known.target
	p.target.addr, p.target.host = addr, host
	return p.untilAnswers()
}

// find explores every port; the first that speaks HTTP is preferred, then one
// that takes connections.
func (p *program) find() *target {
	var first *target
	for _, at := range p.listens {
		t := targetOf(at, p.s.method)
		if t.explore(); t.http {
			return t
		}
		if first == nil {
			first = t
		}
	}
	if at, ok := isPort(p.s.ready); ok && first == nil {
		first = targetOf(at, p.s.method)
		first.explore()
	}
	return first
}

// again finds the port of before in a new start, or the one in its place.
func (p *program) again(known *looked) *target {
	for _, at := range p.listens {
		if t := targetOf(at, p.s.method); t.addr == known.target.addr {
			return t
		}
	}
	for _, at := range p.listens {
		t := targetOf(at, p.s.method)
		t.tls = known.target.tls
		if !known.target.http || t.ask(patient).answered {
			return t
		}
	}
	if at, ok := isPort(p.s.ready); ok {
		return targetOf(at, p.s.method)
	}
	return nil
}

// untilAnswers waits for the answer to a first request: only then is what
// listens also there.
func (p *program) untilAnswers() error {
	if !p.target.http {
		return nil
	}
	deadline := time.Now().Add(p.s.start)
	return p.until(deadline, "for an answer", func() bool {
		return p.target.ask(patient).answered
	})
}

// isPlace says whether -ready names a port or a URL; all else is text in the
// output.
func isPlace(ready string) bool {
	_, port := isPort(ready)
	return port || strings.HasPrefix(ready, "http://") || strings.HasPrefix(ready, "https://")
}

func isPort(ready string) (netip.AddrPort, bool) {
	if n, err := strconv.ParseUint(ready, 10, 16); err == nil {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(n)), true
	}
	at, err := netip.ParseAddrPort(strings.Replace(ready, "localhost", "127.0.0.1", 1))
	return at, err == nil
}

func placeAnswers(ready string) bool {
	if at, ok := isPort(ready); ok {
		return answers(at)
	}
	return urlAnswers(ready)
}

func urlAnswers(url string) bool {
	t, err := targetOfURL(url, "GET")
	if err != nil {
		return false
	}
	if answer := t.ask(patient); answer.answered {
		return answer.status != 503 // "not yet"
	}
	c, err := net.DialTimeout("tcp", t.addr, time.Second)
	if err == nil {
		c.Close()
	}
	return false
}
