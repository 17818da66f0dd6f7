//go:build linux || darwin

package guard_test

import (
	"errors"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/seed7e043c35/lastcall/shutdown/guard"
)

func init() {
	programs["stubborn"] = func(string) {
		signal.Ignore(syscall.SIGTERM)
		say("ready")
		forever()
	}
}

func TestEndGroup_killsWhatDoesNotObey(t *testing.T) {
	t.Parallel()
	g := openGuard(t)
	p := start(t, "stubborn", "")
	p.await("ready")
	e, err := g.EndGroup(p.cmd)
	check(t, err)
	check(t, e.Settle())
	p.ends(syscall.SIGKILL, 0)
}

func TestEndGroup_endsWhatItsLeaderHasLeft(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("groups have no mark here")
	}
	g := openGuard(t)
	cmd := exec.Command("sh", "-c", "sleep 3600 >/dev/null 2>&1 & echo $!")
	e, err := g.EndGroup(cmd)
	check(t, err)
	out, err := cmd.Output() // the shell is gone
	check(t, err)
	check(t, e.Settle())
	if pid := strings.TrimSpace(string(out)); runs(t, pid) {
		t.Errorf("%s lives", pid)
	}
}

func TestEndGroup_harmsNobodyWhoHasTheNumberNow(t *testing.T) {
	t.Parallel()
	g := openGuard(t)
	cmd := exec.Command("sleep", "3600")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	check(t, cmd.Start())
	e, err := g.EndGroup(cmd)
	check(t, err)
	guard.BeganEarlier(e) // as if the number were another's
	check(t, e.Settle())
	check(t, cmd.Process.Signal(syscall.SIGUSR1))
	_ = cmd.Wait()
	if got := cmd.ProcessState.Sys().(syscall.WaitStatus).Signal(); got != syscall.SIGUSR1 {
		t.Errorf("the child died by %v, want SIGUSR1: Settle leaves it alone", got)
	}
}

// runs reports whether a process is there and not merely not waited for.
func runs(t *testing.T, pid string) bool {
	t.Helper()
	out, err := exec.Command("ps", "-o", "stat=", "-p", pid).Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Skipf("ps is not installed: %v", err)
	}
	stat := strings.TrimSpace(string(out))
	return stat != "" && stat[0] != 'Z'
}
