package systemd

import (
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// outboxSize bounds what is kept for a socket that stays full. It is more than
// the messages of one life, unless that is full of reloads.
const outboxSize = 16

// postLocked sends what systemd has to know: if its socket is full, later.
func (n *Notifier) postLocked(message string) {
	if len(n.outbox) == outboxSize {
		n.outbox = n.outbox[1:]
	}
	n.outbox = append(n.outbox, message)
	n.flushLocked()
}

// offer sends what nobody will miss, unless something more important waits.
func (n *Notifier) offer(message string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.outbox) == 0 {
		n.transmit(message)
	}
}

// flushLocked sends what waits, in order, and comes back to it later if it
// cannot. Once the stop is over nothing comes later.
func (n *Notifier) flushLocked() {
	for len(n.outbox) > 0 && !n.transmit(n.outbox[0]) {
		n.outbox = n.outbox[1:]
	}
	if len(n.outbox) > 0 && n.retry == nil && n.state < shutdown.Stopped {
		n.retry = time.AfterFunc(retryAfter, n.tryAgain)
	}
}

func (n *Notifier) tryAgain() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.retry = nil
	n.flushLocked()
}
