package systemd_test

import (
	"os"
	"testing"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/shutdowntest"
	"github.com/seed7e043c35/lastcall/shutdown/systemd"
)

func TestPingPeriod(t *testing.T) {
	for _, c := range []struct {
		usec, pid string
		want      time.Duration
	}{
		{"", "", 0},
		{"30000000", "77", 10 * time.Second},
		{"30000000", "", 10 * time.Second}, // whoever reads it
		{"30000000", "78", 0},              // another process's
		{"30000000", "self", 0},
		{"0", "77", 0},
		{"-1", "77", 0},
		{"often", "77", 0},
		{"18446744073709551615", "77", 0}, // systemd's infinity
		{"9223372036854775807", "77", 0},
	} {
		if got := systemd.PingPeriod(c.usec, c.pid, 77); got != c.want {
			t.Errorf("the period for WATCHDOG_USEC=%q WATCHDOG_PID=%q in process 77 is %v, want %v", c.usec, c.pid, got, c.want)
		}
	}
}

func TestWatchdogIsFedUntilTheEndOfTheStop(t *testing.T) {
	s := &supervisor{}
	shutdowntest.Run(t, untilStopped,
		shutdowntest.At(0, func(m *shutdown.Manager) {
			s.began = time.Now()
			systemd.NotifyBy(m, 10*time.Second, s.receive, nil)
		}),
		shutdowntest.Signal(25*time.Second, os.Interrupt)).Clean()
	check(t, "systemd heard", s.about("WATCHDOG=1"), []string{"0s WATCHDOG=1", "10s WATCHDOG=1", "20s WATCHDOG=1"})
}

func TestWatchdogStarvesWhenTheManagerDoesNotAnswer(t *testing.T) {
	s := &supervisor{}
	res := shutdowntest.Run(t, untilStopped,
		shutdowntest.At(0, func(m *shutdown.Manager) {
			s.began = time.Now()
			systemd.NotifyBy(m, 10*time.Second, s.receive, func() {
				if time.Since(s.began) >= 20*time.Second {
					select {} // as a lock that is never released
				}
			})
		}),
		shutdowntest.Signal(time.Minute, os.Interrupt))
	check(t, "systemd heard", s.about("WATCHDOG=1"), []string{"0s WATCHDOG=1", "10s WATCHDOG=1"})
	if res.Err != nil {
		t.Errorf("Run = %v, want nil", res.Err)
	}
}
