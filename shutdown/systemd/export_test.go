package systemd

import (
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// NotifyBy is Notify with another way to send and without the environment.
// Alive, if it is not nil, stands for a call of the manager.
func NotifyBy(m *shutdown.Manager, watchdog time.Duration, transmit func(string) (full bool), alive func()) *Notifier {
	n := newNotifier(m, watchdog, transmit)
	if alive != nil {
		n.alive = alive
	}
	m.Observe(n.hear)
	return n
}

var (
	PingPeriod = pingPeriod
	Monotonic  = monotonic
)
