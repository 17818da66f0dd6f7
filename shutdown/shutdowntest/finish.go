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
	for over := time.Now().Add(killTime); time.Now().Before(over); {
		children := p.descendants()
		if len(children) == 0 {
			return
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
	for over := time.Now().Add(slack); len(children) > 0 && time.Now().Before(over); children = p.descendants() {
		<-time.After(slack / 25)
	}
	for _, child := range children {
		names = append(names, child.String())
	}
	return names
}
