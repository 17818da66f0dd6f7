package systemd

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

const (
	// period is how often systemd hears of a stop's progress. People read it.
	period = time.Second

	// margin is what systemd is asked to wait beyond the grace, by whose end
	// the process is gone: for the kernel, and for systemd to notice.
	margin = time.Second

	// retryAfter is how long to wait before trying a full socket again.
	retryAfter = 100 * time.Millisecond
)

// A Notifier tells systemd about one manager. Its methods may be called from
// any goroutine.
type Notifier struct {
	manager  *shutdown.Manager
	transmit func(message string) (full bool) // to systemd, without waiting
	alive    func()                           // returns if the manager can still do something
	watchdog time.Duration                    // between two pings; 0 for none

	mu      sync.Mutex
	state   shutdown.State // guarded by mu; the last that was heard of
	reloads int            // guarded by mu; those under way
	outbox  []string       // guarded by mu; what a full socket did not take
	retry   *time.Timer    // guarded by mu; not nil while one is to come
}

// Notify tells systemd of m from now on: what m has been through already, at
// once. To be called where the program is ready to serve, at the end of its
// setup; called before m runs, it says READY=1 as soon as it does. Notify
// returns at once and never fails.
//
// The environment variables by which systemd offers itself, NOTIFY_SOCKET,
// WATCHDOG_USEC and WATCHDOG_PID, are removed from the process's environment, so
// that child processes started after that do not speak for it. A second call
// therefore tells nobody. Sockets of the file system and abstract ones are
// used, vsock addresses are not.
func Notify(m *shutdown.Manager) *Notifier {
	if m == nil {
		panic("systemd: Notify: nil manager")
	}
	address := take("NOTIFY_SOCKET")
	watchdog := pingPeriod(take("WATCHDOG_USEC"), take("WATCHDOG_PID"), os.Getpid())
	n := newNotifier(m, watchdog, func(message string) bool { return transmit(address, message) })
	if strings.HasPrefix(address, "/") || strings.HasPrefix(address, "@") {
		m.Observe(n.hear)
	}
	return n
}

func newNotifier(m *shutdown.Manager, watchdog time.Duration, transmit func(string) bool) *Notifier {
	alive := func() { m.State() } // needs the manager's lock, as everything does
	return &Notifier{manager: m, watchdog: watchdog, transmit: transmit, alive: alive}
}

// take returns an environment variable and removes it.
func take(name string) string {
	value := os.Getenv(name)
	os.Unsetenv(name)
	return value
}

// hear tells systemd what has changed. Any event does, since it says in which
// state it happened: so it does not matter if one was missed. Reloads that the
// manager makes are told of without anybody having to call Reload.
func (n *Notifier) hear(e shutdown.Event) {
	switch e.Type {
	case shutdown.EventReloading:
		n.beginReload()
	case shutdown.EventReloaded:
		n.endReload(reloaded(e.Err))
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	before := n.state
	if e.State <= before {
		return
	}
	n.state = e.State
	if before < shutdown.Running {
		n.beginLocked()
	}
	if e.State < shutdown.Draining {
		return
	}
	r := n.manager.Report()
	switch {
	case before < shutdown.Draining:
		n.postLocked(lines("STOPPING=1", extension(e.Left), status(r)))
		go n.follow() // ends with the stop
	case r.State == e.State: // otherwise the next event says what is so by now
		n.postLocked(status(r))
	}
}

// beginLocked says that the program is ready, even if it has been asked to stop by
// now: to systemd, one that ends without a word has failed.
func (n *Notifier) beginLocked() {
	n.postLocked(lines("READY=1", "STATUS=running"))
	if n.watchdog > 0 {
		go n.ping() // ends with the stop
	}
}

// follow tells of the stop's progress until it is over.
func (n *Notifier) follow() {
	tick := time.NewTicker(period)
	defer tick.Stop()
	pending := n.manager.Report().Pending
	for {
		select {
		case <-tick.C:
		case <-n.manager.Done():
			return
		}
		r := n.manager.Report()
		message := status(r)
		if left := r.Grace - r.Took; r.Pending < pending && left > 0 {
			message = lines(extension(left), message)
		}
		pending = r.Pending
		n.offer(message)
	}
}

// lines is a message of several assignments, which systemd takes in as one.
func lines(assignments ...string) string { return strings.Join(assignments, "\n") }

// extension asks systemd to wait until the grace is over, of which so much is
// left. It never makes systemd wait less than it would have.
func extension(left time.Duration) string {
	return fmt.Sprintf("EXTEND_TIMEOUT_USEC=%d", (left + margin).Microseconds())
}
