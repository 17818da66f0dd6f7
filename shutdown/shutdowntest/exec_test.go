//go:build unix

package shutdowntest_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown/shutdowntest"
)

// shell is a program in another language.
func shell(script string) *exec.Cmd { return exec.Command("sh", "-c", script) }

const (
	obedient = `trap 'echo bye; kill $!; exit 0' TERM; sleep 600 & echo ready; wait`
	deaf     = `trap '' TERM INT; echo ready; while :; do sleep 10; done`
)

func TestExec_statusOutputAndTimeOfAnyProgram(t *testing.T) {
	t.Parallel()
	end := shutdowntest.Exec(t, shell(`echo out; echo err >&2; exit 3`)).Wait()
	if got, want := end.Status.String(), "3"; got != want {
		t.Errorf("Status = %s, want %s", got, want)
	}
	if end.Stdout != "out\n" || end.Stderr != "err\n" {
		t.Errorf("Stdout = %q, Stderr = %q, want %q and %q", end.Stdout, end.Stderr, "out\n", "err\n")
	}
	if got := end.Complaints(end.Clean); !strings.Contains(got, "ended with 3") {
		t.Errorf("Clean says %q, want the status", got)
	}
}

func TestExec_signalsAndLines(t *testing.T) {
	t.Parallel()
	p := shutdowntest.Exec(t, shell(`trap 'echo got TERM; kill $!; exit 0' TERM; trap 'echo got HUP' HUP; sleep 600 & echo ready; wait; wait`))
	p.Line("ready")
	p.Signal(syscall.SIGHUP)
	p.Line("got HUP")
	p.Signal(syscall.SIGTERM)
	p.Line("got TERM")
	end := p.Wait()
	if got, want := end.Status, (shutdowntest.Status{}); got != want {
		t.Errorf("Status = %v, want %v", got, want)
	}
}

func TestExec_aServerInAnotherLanguage(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not installed: not tested with it")
	}
	p := shutdowntest.Exec(t, exec.Command(python, "-u", "-m", "http.server", "--bind", "127.0.0.1", "0"))
	said := strings.Fields(p.Line("Serving HTTP on 127.0.0.1 port"))
	p.Port("127.0.0.1:" + said[5])
	p.CtrlC()
	end := p.Wait()
	end.Clean()
	if !strings.Contains(end.Output, "Keyboard interrupt received") {
		t.Errorf("the server did not hear of Ctrl-C: %v", end)
	}
}

func TestExec_deathByASignalIsToldFromItsStatus(t *testing.T) {
	t.Parallel()
	p := shutdowntest.Exec(t, shell(`echo ready; exec sleep 600`))
	p.Line("ready")
	p.Signal(syscall.SIGTERM)
	end := p.Wait()
	if got, want := end.Status, (shutdowntest.Status{Code: 143, Signal: syscall.SIGTERM}); got != want {
		t.Errorf("Status = %#v, want %#v", got, want)
	}
	end.Clean() // it is the signal that was sent
	if exited := shutdowntest.Exec(t, shell(`exit 143`)).Wait(); exited.Status.Signal != nil || exited.Status.Code != 143 {
		t.Errorf("Status = %#v, want 143 and no signal", exited.Status)
	}
}

func TestExec_lineMayBeFarBackAndIsReturnedOnce(t *testing.T) {
	t.Parallel()
	p := shutdowntest.Exec(t, shell(`echo tick 1; echo other; echo tick 2 >&2; printf 'name? '; read name`))
	p.Line("other")
	first, second := p.Line("tick"), p.Line("tick")
	if first == second {
		t.Errorf("Line returned %q twice, want each line once", first)
	}
	p.Prompt("name?")
}

func TestLine_endsTheTestWhenTheProgramHasEnded(t *testing.T) {
	t.Parallel()
	got := shutdowntest.VerdictOf(t, func(t testing.TB) {
		shutdowntest.Exec(t, shell(`echo something else`)).Line("ready")
	})
	for _, want := range []string{`has ended and not printed "ready"`, "something else"} {
		if !strings.Contains(got, want) {
			t.Errorf("Line of what never comes says %q, want in it %q", got, want)
		}
	}
}

// Nobody has to wait for what cannot come any more.
func TestLine_endsTheTestWhenTheOutputIsClosedOrGoesElsewhere(t *testing.T) {
	t.Parallel()
	elsewhere := shell(`sleep 600`)
	elsewhere.Stdout, elsewhere.Stderr = io.Discard, io.Discard
	for want, cmd := range map[string]*exec.Cmd{
		"has closed its output":           shell(`echo going on; exec >&- 2>&-; exec sleep 600`),
		"prints where Exec does not read": elsewhere,
	} {
		got := shutdowntest.VerdictOf(t, func(t testing.TB) { shutdowntest.Exec(t, cmd).Line("ready") })
		if !strings.Contains(got, want) {
			t.Errorf("Line of what cannot come says %q, want in it %q", got, want)
		}
	}
}

func TestPort_waitsUntilConnectionsAreAccepted(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	p := shutdowntest.Exec(t, shell(`echo ready; exec sleep 600`))
	p.Port(addr)
	ln.Close()
	got := shutdowntest.VerdictOf(t, func(t testing.TB) { shutdowntest.Exec(t, shell(`exit 0`)).Port(addr) })
	if !strings.Contains(got, "does not listen") {
		t.Errorf("Port of a program that has ended says %q, want that it does not listen", got)
	}
}

func TestCtrlC_reachesTheWholeGroup(t *testing.T) {
	t.Parallel()
	p := shutdowntest.Exec(t, shell(`trap 'wait; exit 0' INT; sh -c 'trap - INT; echo ready; exec sleep 600'; wait`))
	p.Line("ready")
	p.CtrlC()
	p.Wait().Clean() // else the child would be there, and the shell wait for it
}

func TestTerminal_isWhereAPersonTypes(t *testing.T) {
	t.Parallel()
	p := shutdowntest.Exec(t, shell(`printf 'name? '; read name; echo "hello $name"; test -t 1 && exec sleep 600`), shutdowntest.Terminal())
	p.Prompt("name?")
	p.Type("Ada\n")
	p.Line("hello Ada")
	p.CtrlC()
	if got, want := p.Wait().Status.Signal, os.Signal(syscall.SIGINT); got != want {
		t.Errorf("the program died by %v, want %v", got, want)
	}
}

func TestType_doesNotWaitForAProgramThatReadsNothing(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("no terminals here")
	}
	t.Parallel()
	got := shutdowntest.VerdictInTime(t, 2*time.Second, func(t testing.TB) {
		p := shutdowntest.Exec(t, shell(`stty raw -echo; echo ready; exec sleep 600`), shutdowntest.Terminal())
		p.Line("ready")
		for range 20 {
			p.Type(strings.Repeat("x", 4000))
		}
	})
	if want := "typing on its terminal"; !strings.Contains(got, want) {
		t.Errorf("typing on and on says %q, want in it %q", got, want)
	}
}

func TestTerminal_hangsUp(t *testing.T) {
	t.Parallel()
	p := shutdowntest.Exec(t, shell(`echo ready; exec sleep 600`), shutdowntest.Terminal())
	p.Line("ready")
	p.HangUp()
	end := p.Wait()
	if got, want := end.Status.Signal, os.Signal(syscall.SIGHUP); got != want {
		t.Errorf("the program died by %v, want %v", got, want)
	}
	end.Clean()
}

func TestExit_namesTheChildrenLeftBehindWhereverTheyAre(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]string{
		"in its group":          `sleep 601 & exit 0`,
		"in another session":    `setsid sleep 601 & exit 0`,
		"of a child":            `sh -c 'sleep 601 &' ; exit 0`,
		"with the output to us": `sleep 601 & echo done; exit 0`,
		"without its mark":      `env -i setsid sleep 601 & exit 0`, // which has the output
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			end := shutdowntest.Exec(t, shell(script)).Wait()
			if len(end.Children) != 1 || !strings.Contains(end.Children[0], "sleep 601") {
				t.Errorf("Children = %q, want the sleep", end.Children)
			}
			if got := end.Complaints(end.Clean); !strings.Contains(got, "sleep 601") {
				t.Errorf("Clean says %q, want the child's command in it", got)
			}
		})
	}
}

// What was started by then may have become a daemon.
func TestExit_namesADaemonThatWasSeenToBeStarted(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("found on Linux only")
	}
	t.Parallel()
	p := shutdowntest.Exec(t, shell(`env -i setsid sleep 603 >/dev/null 2>&1 & echo ready; wait`))
	p.Line("ready")
	p.Signal(syscall.SIGTERM)
	if end := p.Wait(); len(end.Children) != 1 || !strings.Contains(end.Children[0], "sleep 603") {
		t.Errorf("Children = %q, want the sleep", end.Children)
	}
}

func TestExec_killsWhatStartsOthersOnAndOn(t *testing.T) {
	t.Parallel()
	var p *shutdowntest.Process
	t.Run("test", func(t *testing.T) {
		p = shutdowntest.Exec(t, shell(`for i in 1 2; do sh -c 'while :; do sleep 0.02 & sleep 0.01; done' & done; exit 0`))
		if end := p.Wait(); len(end.Children) < 2 {
			t.Errorf("Children = %q, want at least the two shells", end.Children)
		}
	})
	if got := p.Descendants(); len(got) > 0 {
		t.Errorf("what the program had started lives on: %q", got)
	}
}

// Wait of os/exec waits for the end of an output that it copies.
func TestExec_nobodyWaitsForAnOutputThatIsHeldOpen(t *testing.T) {
	t.Parallel()
	cmd := shell(`sleep 604 & exit 0`)
	var copied bytes.Buffer
	cmd.Stdout = &copied
	if end := shutdowntest.Exec(t, cmd).Wait(); len(end.Children) != 1 || end.Status != (shutdowntest.Status{}) {
		t.Errorf("the program ended with %v and left %q, want 0 and the sleep", end.Status, end.Children)
	}
}

func TestExit_childThatIsJustEndingIsNotLeftBehind(t *testing.T) {
	t.Parallel()
	shutdowntest.Exec(t, shell(`sleep 0.05 & exit 0`)).Wait().Clean()
}

func TestExec_endsWithTheTest(t *testing.T) {
	t.Parallel()
	var p, child *shutdowntest.Process
	t.Run("test", func(t *testing.T) {
		p = shutdowntest.Exec(t, shell(obedient))
		p.Line("ready")
		child = shutdowntest.Exec(t, shell(`sleep 602 & echo ready; wait`))
		child.Line("ready")
	})
	if got, want := p.Wait().Stdout, "ready\nbye\n"; got != want {
		t.Errorf("the program printed %q, want %q: it was to be asked to end", got, want)
	}
	if got := child.Descendants(); len(got) > 0 {
		t.Errorf("what the program had started lives on: %q", got)
	}
}

func TestExec_failsTheTestAfterWhichItHadToBeKilled(t *testing.T) {
	t.Parallel()
	got := shutdowntest.VerdictOf(t, func(t testing.TB) {
		p := shutdowntest.Exec(t, shell(deaf), shutdowntest.Grace(50*time.Millisecond))
		p.Line("ready")
	})
	if !strings.Contains(got, "had to be killed") {
		t.Errorf("a program that ignores SIGTERM leads to %q, want that it had to be killed", got)
	}
}

func TestExec_killsWhatDoesNotEndBeforeTheTestsRunOutOfTime(t *testing.T) {
	t.Parallel()
	got := shutdowntest.VerdictInTime(t, 2*time.Second, func(t testing.TB) {
		shutdowntest.Exec(t, shell(deaf), shutdowntest.Grace(time.Hour)).Line("ready")
	})
	if !strings.Contains(got, "had to be killed") {
		t.Errorf("a program that ignores SIGTERM leads to %q, want that it had to be killed", got)
	}
}

func TestExec_environment(t *testing.T) {
	t.Setenv("SHUTDOWN_GRACE", "77s")
	t.Setenv("NOTIFY_SOCKET", "/nowhere")
	t.Setenv("OTHER", "kept")
	print := `echo "$SHUTDOWN_GRACE,$SHUTDOWN_DRAIN,$NOTIFY_SOCKET,$OTHER"`
	explicit := shell(print)
	explicit.Env = append(os.Environ(), "SHUTDOWN_DRAIN=1s")
	for _, c := range []struct {
		cmd  *exec.Cmd
		opts []shutdowntest.Option
		want string
	}{
		{shell(print), nil, ",,,kept\n"},
		{shell(print), []shutdowntest.Option{shutdowntest.Grace(4 * time.Second), shutdowntest.Drain(time.Second)}, "4s,1s,,kept\n"},
		{explicit, nil, "77s,1s,/nowhere,kept\n"},
		{shell(print), []shutdowntest.Option{shutdowntest.Env("SHUTDOWN_GRACE=5s", "OTHER=changed")}, "5s,,,changed\n"},
	} {
		if got := shutdowntest.Exec(t, c.cmd, c.opts...).Wait().Stdout; got != c.want {
			t.Errorf("the program sees %q, want %q", got, c.want)
		}
	}
}

func TestExec_sendsSignalsInTime(t *testing.T) {
	t.Parallel()
	p := shutdowntest.Exec(t, exec.Command("sleep", "600"), shutdowntest.Signal(50*time.Millisecond, syscall.SIGTERM))
	if got, want := fmt.Sprint(p.Wait().Status), "SIGTERM"; got != want {
		t.Errorf("the program ended with %s, want %s", got, want)
	}
}
