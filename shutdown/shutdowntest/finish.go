package shutdowntest

import "time"

// finish ends what the test has left running.
func (p *Process) finish() {
	if !p.endsIn(0) {
		terminate(p.cmd)
		if patience := min(p.grace, timeLeft(p.t)); !p.endsIn(patience) {
			p.kill()
			p.t.Errorf("%s did not end within %v of SIGTERM, when the test was over: it had to be killed", p.cmd, patience)
		}
	}
	p.kill()
	p.printed.close()
	if p.t.Failed() {
		p.t.Logf("%s: %v", p.cmd, &p.exit)
	}
}

// kill ends the program, after SIGQUIT if it runs, and all that it has started.
func (p *Process) kill() {
	if !isClosed(p.gone) {
		dump(p.cmd)
		p.endsIn(dumpTime)
	}
	killGroup(p.cmd)
	<-p.gone
	p.killLeft()
	<-p.told
}

// killLeft kills what the program has started, and what that starts meanwhile,
// for as long as it may take who is killed to be gone.
func (p *Process) killLeft() {
	nobody := 0
	for over := time.Now().Add(killTime); time.Now().Before(over) && nobody < 2; {
		children := p.descendants()
		if nobody++; len(children) > 0 {
			nobody = 0
		}
		for _, child := range children {
			child.kill()
		}
	}
}

const (
	dumpTime = time.Second // how long a program may take to write down its stacks
	killTime = 2 * time.Second
)

// endsIn waits until the program has ended, and reports whether it has in time.
func (p *Process) endsIn(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-p.gone:
	case <-timer.C:
	}
	return isClosed(p.gone)
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// left returns what the program has left behind: what is still there when those
// that are just ending have had a moment for it.
func (p *Process) left() (names []string) {
	children := p.descendants()
	for over, nobody := time.Now().Add(slack), 0; time.Now().Before(over); <-time.After(slack / 25) {
		if now := p.descendants(); len(now) > 0 {
			children, nobody = now, 0
		} else if nobody++; nobody == 2 { // who hands over to the next can be missed once
			return nil
		}
	}
	for _, child := range children {
		names = append(names, child.String())
	}
	return names
}
