//go:build unix

package e2e_test

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/oklog/run"

	"github.com/seed7e043c35/lastcall/shutdown"
)

func TestSignalsAtAnyMoment(t *testing.T) { testScenes(t, hostileSignals) }

// hostileSignals has the scenes in which signals come at the wrong moment, too
// often, or in the wrong order.
var hostileSignals = map[string]scene{
	"in the first line of run": {
		run: func(ctx context.Context) error {
			_ = syscall.Kill(os.Getpid(), syscall.SIGTERM)
			shutdown.Finally(ctx, "database", closes("database"))
			<-ctx.Done()
			return ctx.Err()
		},
		ends: diesBy(syscall.SIGTERM), said: []string{"database"},
	},
	"before Main, by a call": {
		setup: func(m *shutdown.Manager) { m.Signal(syscall.SIGTERM); shutdown.Register("early", closes("early")) },
		run:   func(ctx context.Context) error { return ctx.Err() },
		ends:  diesBy(syscall.SIGTERM), said: []string{"early"},
	},
	"in the middle of a slow start": {
		run: func(ctx context.Context) error {
			shutdown.Finally(ctx, "database", closes("database"))
			shutdown.Finally(ctx, "cache", closes("cache"))
			ready()
			if err := connects(ctx); err != nil {
				return err
			}
			shutdown.Finally(ctx, "listener", closes("listener"))
			return nil
		},
		send: term, ends: diesBy(syscall.SIGTERM), said: []string{"cache", "database"},
	},
	"SIGTERM during a stop by SIGINT": {
		setup: finishesOnSecond(syscall.SIGTERM), run: obedient,
		send: []syscall.Signal{syscall.SIGINT, syscall.SIGTERM},
		env:  []string{"SHUTDOWN_GRACE=5s"}, within: 5 * time.Second,
		ends: exit(0), said: []string{"newest", "interrupt signal received", "oldest"},
	},
	"SIGTERM twice never forces": {
		setup: finishesOnSecond(syscall.SIGTERM), run: obedient,
		send: []syscall.Signal{syscall.SIGTERM, syscall.SIGTERM},
		env:  []string{"SHUTDOWN_GRACE=5s"}, within: 5 * time.Second,
		ends: exit(0), said: []string{"newest", "terminated signal received", "oldest"},
	},
	"SIGHUP twice never forces": {
		setup: finishesOnSecond(syscall.SIGHUP), run: obedient,
		send: []syscall.Signal{syscall.SIGHUP, syscall.SIGHUP},
		env:  []string{"SHUTDOWN_GRACE=5s"}, within: 5 * time.Second,
		ends: exit(0), said: []string{"newest", "hangup signal received", "oldest"},
	},
	"SIGINT during a stop by SIGTERM forces": {
		setup: stuckBetween, run: obedient,
		send: []syscall.Signal{syscall.SIGTERM, syscall.SIGINT},
		env:  []string{"SHUTDOWN_GRACE=5s"}, within: beyondEcho + 500*time.Millisecond,
		ends: diesBy(syscall.SIGINT), said: []string{"newest", "oldest"}, prints: []string{`"stuck"`},
	},
	"a second Ctrl-C starts every finalizer": {
		setup: stuckBetween, run: blocksReady,
		send: []syscall.Signal{syscall.SIGINT, syscall.SIGINT},
		env:  []string{"SHUTDOWN_GRACE=5s"}, within: beyondEcho + 500*time.Millisecond,
		ends: diesBy(syscall.SIGINT), said: []string{"newest", "oldest"}, prints: []string{`"stuck"`},
	},
	"SIGINT ends a drain and forces nothing": {
		env: []string{"SHUTDOWN_GRACE=6s", "SHUTDOWN_DRAIN=3s"},
		setup: func(m *shutdown.Manager) {
			echoOver(m, shutdown.Draining)
			shutdown.Register("database", closes("database"))
		},
		run: obedient, send: []syscall.Signal{syscall.SIGTERM, syscall.SIGINT}, within: beyondEcho + 250*time.Millisecond,
		ends: exit(0), said: []string{"database"},
	},
	"a drain of 0 in the environment is none": {
		env: []string{"SHUTDOWN_GRACE=6s", "SHUTDOWN_DRAIN=0"},
		setup: func(m *shutdown.Manager) {
			m.Drain = 3 * time.Second
			shutdown.Register("database", closes("database"))
		},
		run: obedient, send: term, within: 250 * time.Millisecond,
		ends: exit(0), said: []string{"database"},
	},
	"SIGINT has no drain": {
		env:   []string{"SHUTDOWN_GRACE=6s", "SHUTDOWN_DRAIN=3s"},
		setup: func(*shutdown.Manager) { shutdown.Register("database", closes("database")) },
		run:   obedient, send: []syscall.Signal{syscall.SIGINT}, within: 250 * time.Millisecond,
		ends: exit(0), said: []string{"database"},
	},
}

// connects takes long, and gives up when ctx ends.
func connects(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }

// finishesOnSecond registers a finalizer that takes until the program has been
// sent a second signal; it says what the cause is by then.
func finishesOnSecond(second os.Signal) func(*shutdown.Manager) {
	return func(m *shutdown.Manager) {
		insistent(m)
		hangsUp(m)
		further := make(chan struct{})
		m.Observe(func(e shutdown.Event) {
			if e.Type == shutdown.EventCause && strings.HasPrefix(e.Err.Error(), second.String()) {
				close(further)
			}
		})
		shutdown.Register("oldest", closes("oldest"))
		m.Register("slow", func(ctx context.Context) error {
			select {
			case <-further:
				say("%v", m.Report().Cause)
			case <-ctx.Done():
			}
			return nil
		})
		shutdown.Register("newest", closes("newest"))
	}
}

// stuckBetween registers three finalizers of which the second is stuck.
func stuckBetween(m *shutdown.Manager) {
	insistent(m)
	shutdown.Register("oldest", closes("oldest"))
	shutdown.Register("stuck", forever)
	shutdown.Register("newest", closes("newest"))
}

func TestTwoSignalsWithinAMillisecondAreOneRequest(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]syscall.Signal{
		{syscall.SIGINT, syscall.SIGINT}, {syscall.SIGINT, syscall.SIGTERM}, {syscall.SIGTERM, syscall.SIGINT},
	} {
		t.Run(fmt.Sprint(pair), func(t *testing.T) {
			t.Parallel()
			p := start(t, "three finalizers")
			p.await("ready")
			p.signal(pair[0])
			p.storm(pair[1], 1)
			p.ends(exit(0), grace)
			p.said("newest", "slow", "oldest")
		})
	}
}

func TestWrapperThatForwardsCtrlCDoesNotForce(t *testing.T) {
	t.Parallel()
	p := start(t, "forwards Ctrl-C")
	p.await("ready")
	p.ctrlC()
	p.ends(exit(0), grace)
	p.said("newest", "slow", "oldest")
}

func TestStormOfSignalsUntilTheEndChangesNothing(t *testing.T) {
	t.Parallel()
	for _, sigs := range [][]syscall.Signal{
		{syscall.SIGTERM}, {syscall.SIGINT}, {syscall.SIGHUP}, {syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGWINCH, syscall.SIGURG},
	} {
		t.Run(fmt.Sprint(sigs), func(t *testing.T) {
			t.Parallel()
			p := start(t, "three finalizers")
			p.await("ready")
			p.signal(sigs[0])
			over := make(chan struct{})
			sent := make(chan int)
			go func() { sent <- p.stormUntil(over, sigs) }() // ends when over is closed
			got := p.wait()
			close(over)
			t.Logf("%d signals", <-sent)
			if got != exit(0) {
				t.Errorf("the program ended with %v, want %v", got, exit(0))
			}
			p.said("newest", "slow", "oldest")
		})
	}
}

func TestStormOfSignalsDoesNotHideTheCutShortRun(t *testing.T) {
	t.Parallel()
	p := startAndTerminate(t, "cut short with three finalizers")
	p.storm(syscall.SIGTERM, 500)
	p.ends(diesBy(syscall.SIGTERM), grace)
	p.said("newest", "slow", "oldest")
}

// storm sends a signal many times over. That the program may have ended is
// part of it.
func (p *process) storm(sig syscall.Signal, times int) {
	for range times {
		_ = p.cmd.Process.Signal(sig)
	}
}

// stormUntil sends signals until over is closed, and returns how many.
func (p *process) stormUntil(over <-chan struct{}, sigs []syscall.Signal) (sent int) {
	for {
		select {
		case <-over:
			return sent
		default:
			p.storm(sigs[sent%len(sigs)], 1)
			sent++
		}
	}
}

func TestSignalDuringPackageInitKillsTheProgramAsWithoutUs(t *testing.T) {
	t.Parallel()
	p := start(t, "killed in init")
	p.ends(diesBy(syscall.SIGTERM), grace)
	p.said()
}

func TestFinalizerRegisteredInInitIsRunLast(t *testing.T) {
	t.Parallel()
	p := startAndTerminate(t, "registered in init")
	p.ends(exit(0), grace)
	p.said("run", "init")
}

func init() {
	switch os.Getenv(programVariable) {
	case "killed in init":
		_ = syscall.Kill(os.Getpid(), syscall.SIGTERM)
		forever()
	case "registered in init":
		shutdown.Register("init", closes("init"))
	}
}

func TestNohupProgramSurvivesTheEndOfItsTerminal(t *testing.T) {
	t.Parallel()
	p := start(t, "says why", through("nohup"))
	p.await("ready")
	p.storm(syscall.SIGHUP, 1)
	p.signal(syscall.SIGTERM)
	p.ends(exit(0), grace)
	p.said("why: [terminated signal received]")
}

func TestBackgroundJobOfAScriptIgnoresCtrlC(t *testing.T) {
	t.Parallel()
	for _, shell := range []string{"bash", "dash"} {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			p := start(t, "says its number and why", script(shell, `"$0" & wait`))
			pid := p.awaitNumber("pid")
			p.await("ready")
			check(t, syscall.Kill(pid, syscall.SIGINT))
			check(t, syscall.Kill(pid, syscall.SIGTERM))
			_ = p.wait() // of the shell
			p.said("why: [terminated signal received]")
		})
	}
}

func TestStartedWithSIGINTIgnoredExitsWith130(t *testing.T) {
	t.Parallel()
	p := start(t, "cut short by an injected SIGINT", script("sh", `trap "" INT; exec "$0"`))
	p.ends(exit(130), grace)
	p.said("finalizer")
}

func TestSignalsIgnoredAtStartFilterSignalsToo(t *testing.T) {
	t.Parallel()
	p := start(t, "says why of chosen signals", script("sh", `trap "" INT HUP; exec "$0"`))
	p.await("ready")
	p.storm(syscall.SIGINT, 1)
	p.storm(syscall.SIGHUP, 1)
	p.signal(syscall.SIGTERM)
	p.ends(exit(0), grace)
	p.said("why: [terminated signal received]")
}

// oklog/run's own handler may stay in a program that is moved.
func TestSignalHandlerOfOklogRun_changesNothing(t *testing.T) {
	t.Parallel()
	for range 20 {
		p := startAndTerminate(t, "with a SignalHandler")
		p.ends(exit(0), grace)
		p.said("finalizer")
	}
}

// Its word is an echo of the signal that began a drain: that lasts.
func TestSignalHandlerOfOklogRun_endsNoDrain(t *testing.T) {
	t.Parallel()
	p := startAndTerminate(t, "with a SignalHandler, and a drain", with("SHUTDOWN_DRAIN=300ms"))
	p.ends(exit(0), grace)
	p.said("drained", "finalizer")
}

func TestSIGWINCHAndSIGURGDoNothing(t *testing.T) {
	t.Parallel()
	p := start(t, "says why")
	p.await("ready")
	p.storm(syscall.SIGWINCH, 100)
	p.storm(syscall.SIGURG, 100)
	p.signal(syscall.SIGTERM)
	p.storm(syscall.SIGWINCH, 100)
	p.storm(syscall.SIGURG, 100)
	p.ends(exit(0), grace)
	p.said("why: [terminated signal received]")
}

func TestSIGQUITDuringAHangPrintsTheStacks(t *testing.T) {
	t.Parallel()
	p := startAndTerminate(t, "stuck and ready", with("SHUTDOWN_GRACE=10s"))
	p.await("stuck")
	check(t, p.cmd.Process.Signal(syscall.SIGQUIT))
	p.ends(exit(2), time.Second)
	p.prints("SIGQUIT: quit", "e2e_test.forever", "\ngoroutine ")
}

func TestSIGTSTPAndSIGCONTDuringAStopAreOnlyAPause(t *testing.T) {
	t.Parallel()
	p := startAndTerminate(t, "waits to be continued", with("SHUTDOWN_GRACE=5s"))
	p.await("waiting")
	check(t, p.cmd.Process.Signal(syscall.SIGTSTP))
	p.awaitPause()
	check(t, p.cmd.Process.Signal(syscall.SIGCONT))
	p.ends(exit(0), 5*time.Second)
	p.said("continued", "slow", "oldest")
}

func TestPauseLongerThanTheGraceIsOnlyAPause(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"waits to be continued", "waits to be continued, without Main"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := startAndTerminate(t, name, with("SHUTDOWN_GRACE=1s"))
			p.await("waiting")
			check(t, p.cmd.Process.Signal(syscall.SIGSTOP))
			p.awaitPause()
			<-time.After(1500 * time.Millisecond) // what is tested is that this time passes
			check(t, p.cmd.Process.Signal(syscall.SIGCONT))
			p.ends(exit(0), 1500*time.Millisecond+time.Second)
			p.said("continued", "slow", "oldest")
			p.prints(`"paused":`)
		})
	}
}

// awaitPause waits until the program has been stopped as by Ctrl-Z.
func (p *process) awaitPause() {
	p.t.Helper()
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(p.cmd.Process.Pid, &status, syscall.WUNTRACED, nil); err != nil || !status.Stopped() {
		p.t.Fatalf("the program was not paused: %v, status %#x", err, status)
	}
}

func TestShellLoopStopsOnCtrlCWhenTheProgramWasCutShort(t *testing.T) {
	t.Parallel()
	p := start(t, "cut short with three finalizers", script("bash", `for i in 1 2 3; do "$0"; done; echo "went on" >&3`))
	p.await("ready")
	p.ctrlC()
	p.ends(diesBy(syscall.SIGINT), grace)
	p.said("newest", "slow", "oldest")
}

func TestShellLoopGoesOnWhenTheProgramEndedWell(t *testing.T) {
	t.Parallel()
	p := start(t, "three finalizers", script("bash", `for i in 1 2; do "$0"; done; echo "went on" >&3`))
	p.await("ready")
	p.ctrlC()
	p.await("ready")
	p.ctrlC()
	p.ends(exit(0), 2*grace)
	p.said("newest", "slow", "oldest", "newest", "slow", "oldest", "went on")
}

func TestSignalsAreGivenBackWhenRunReturns(t *testing.T) {
	t.Parallel()
	p := startAndTerminate(t, "after Run")
	p.await("after Run: <nil>")
	p.signal(syscall.SIGTERM)
	p.ends(diesBy(syscall.SIGTERM), grace)
	p.said()
}

func TestEmptySignalsLeaveAllSignalsAlone(t *testing.T) {
	t.Parallel()
	p := startAndTerminate(t, "no signals")
	p.ends(diesBy(syscall.SIGTERM), grace)
	p.said()
}

var signalPrograms = programs{
	"with a SignalHandler, and a drain": func() {
		m := shutdown.Default()
		m.Register("finalizer", says("finalizer"))
		execute, interrupt := run.SignalHandler(context.Background(), syscall.SIGTERM)
		m.Add("signals", execute, interrupt)
		m.Go("watch", func(ctx context.Context) error {
			<-ctx.Done()
			if time.Since(m.Report().Began) >= 300*time.Millisecond {
				say("drained")
			}
			return nil
		})
		shutdown.Main(obedient)
	},
	"with a SignalHandler": func() {
		shutdown.Register("finalizer", closes("finalizer"))
		execute, interrupt := run.SignalHandler(context.Background(), syscall.SIGTERM)
		shutdown.Default().Add("signals", execute, interrupt)
		shutdown.Main(obedient)
	},
	"three finalizers":                func() { threeFinalizers(obedient) },
	"cut short with three finalizers": func() { threeFinalizers(interruptible) },
	"forwards Ctrl-C":                 forwardsCtrlC,
	"says why":                        func() { saysWhy(shutdown.Default()) },
	"says its number and why":         func() { say("pid %d", os.Getpid()); saysWhy(shutdown.Default()) },
	"says why of chosen signals": func() {
		m := shutdown.Default()
		m.Signals = []os.Signal{syscall.SIGINT, syscall.SIGHUP, syscall.SIGTERM}
		saysWhy(m)
	},
	"cut short by an injected SIGINT": func() {
		shutdown.Register("finalizer", closes("finalizer"))
		shutdown.Main(func(ctx context.Context) error {
			shutdown.FromContext(ctx).Signal(os.Interrupt)
			<-ctx.Done()
			return ctx.Err()
		})
	},
	"registered in init": func() {
		shutdown.Main(func(ctx context.Context) error {
			shutdown.Finally(ctx, "run", closes("run"))
			return obedient(ctx)
		})
	},
	"waits to be continued": func() {
		registerWaiting()
		shutdown.Main(obedient)
	},
	"waits to be continued, without Main": func() {
		registerWaiting()
		shutdown.Default().Grace = time.Second
		terminated := make(chan os.Signal, 1)
		signal.Notify(terminated, syscall.SIGTERM)
		ready()
		<-terminated
		shutdown.Exit(0)
	},
	"stuck and ready": func() {
		shutdown.Register("stuck", func() {
			time.AfterFunc(100*time.Millisecond, func() { say("stuck") }) // when it is, for certain
			forever()
		})
		shutdown.Main(obedient)
	},
	"after Run": func() {
		var m shutdown.Manager
		on(&m, shutdown.Running, ready)
		say("after Run: %v", m.Run(context.Background()))
		forever()
	},
	"no signals": func() {
		m := &shutdown.Manager{Signals: []os.Signal{}}
		m.Register("finalizer", func(context.Context) error { say("finalizer"); return nil })
		on(m, shutdown.Running, ready)
		_ = m.Run(context.Background())
	},
}

// threeFinalizers is a program whose second finalizer takes its time.
// hangsUp makes m stop on SIGHUP whether or not there is a terminal.
func hangsUp(m *shutdown.Manager) {
	m.Signals = []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP}
}

func threeFinalizers(run func(context.Context) error) {
	hangsUp(shutdown.Default())
	shutdown.Register("oldest", closes("oldest"))
	shutdown.Register("slow", func() { <-time.After(300 * time.Millisecond); say("slow") })
	shutdown.Register("newest", closes("newest"))
	shutdown.Main(run)
}

// saysWhy is a program that says at the end for which reasons it has stopped.
func saysWhy(m *shutdown.Manager) {
	shutdown.Register("why", func() {
		r := m.Report()
		say("why: %v", append([]error{r.Cause}, r.Later...))
	})
	shutdown.Main(obedient)
}

// forwardsCtrlC is a wrapper that passes on what its child has got already.
func forwardsCtrlC() {
	cmd := themselves("three finalizers")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	received := make(chan os.Signal, 1)
	signal.Notify(received, os.Interrupt)
	_ = cmd.Start()
	go func() { _ = cmd.Process.Signal(<-received) }()
	_ = cmd.Wait()
	os.Exit(cmd.ProcessState.ExitCode())
}

// registerWaiting registers a finalizer that waits until the process has been
// stopped and continued, and two older ones.
func registerWaiting() {
	shutdown.Register("oldest", closes("oldest"))
	shutdown.Register("slow", func() { <-time.After(200 * time.Millisecond); say("slow") })
	shutdown.Register("waits", func() {
		continued := make(chan os.Signal, 1)
		signal.Notify(continued, syscall.SIGCONT)
		say("waiting")
		<-continued
		say("continued")
	})
}
