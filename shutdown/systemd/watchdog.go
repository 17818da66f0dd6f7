package systemd

import (
	"strconv"
	"time"
)

// pings is how often systemd hears from us in each WATCHDOG_USEC. Twice is
// recommended by sd_watchdog_enabled(3); three times leaves room for one that
// is lost.
const pings = 3

// pingPeriod returns the time between two pings for what systemd has put into
// the environment, or 0 if it wants none, or not from this process.
func pingPeriod(usec, pid string, self int) time.Duration {
	n, err := strconv.ParseInt(usec, 10, 64)
	if err != nil || n <= 0 || n > int64(maxWatchdog/time.Microsecond) {
		return 0
	}
	if pid != "" && pid != strconv.Itoa(self) {
		return 0
	}
	return time.Duration(n) * time.Microsecond / pings
}

// maxWatchdog is a period that nobody waits for; systemd's "infinity" is more.
const maxWatchdog = 1 << 62 * time.Nanosecond

// ping tells systemd that the manager is alive until the stop is over. A
// manager that does not answer is not: systemd will hear nothing more, and do
// with the program what the unit says.
func (n *Notifier) ping() {
	tick := time.NewTicker(n.watchdog)
	defer tick.Stop()
	done := n.manager.Done()
	for {
		n.alive()
		n.offer("WATCHDOG=1")
		select {
		case <-tick.C:
		case <-done:
			return
		}
	}
}
