package shutdown

import (
	"os"
	"sync"
	"time"

	"github.com/seed7e043c35/lastcall/signals"
)

// A wanted is what a signal asks for.
type wanted int

const (
	nothing   wanted = iota
	toBegin          // the stop
	toHasten         // the end of the drain
	toForce          // the stop
	toEnd            // the process
	toBeHeard        // and kept as a further reason
)

// A stage is how far a stop has come, for who wants to know what a signal means.
type stage int

const (
	isRunning stage = iota
	isDraining
	isStopping
)

// presses tell requests from their echoes, and count them. They take no lock but
// their own, and call nobody: who presses Ctrl-C for the third time is heard
// whatever the manager does.
type presses struct {
	mu     sync.Mutex
	repeat signals.Repeat
	begun  bool // a signal has asked for the stop
	forced bool
}

// heard returns what sig asks for that comes at the stage s.
func (p *presses) heard(sig os.Signal, s stage, now time.Time) wanted {
	p.mu.Lock()
	defer p.mu.Unlock()
	meaning := p.repeat.Meaning(sig, now)
	w := nothing
	switch {
	case s == isRunning && !p.begun:
		w, p.begun = toBegin, true
	case meaning == signals.Echo:
	case s == isDraining:
		w = toHasten
	case s == isRunning, meaning != signals.Insist:
		return toBeHeard
	case p.forced:
		w = toEnd
	default:
		w, p.forced = toForce, true
	}
	if w != nothing {
		p.repeat.Counted(now)
	}
	return w
}
