//go:build unix

package e2e_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// A levelScene is a row of the table of causes and lines in docs/observing.md.
// Those for which no process is needed are in shutdown/log_test.go.
type levelScene struct {
	run    func(ctx context.Context) error
	signal syscall.Signal // if not 0: sent when the program is ready
	ends   ending
	want   []string // lines: level, message, kind, name, status
}

const stoppedBadly = "error: stopped, not everything went well "

var levels = map[string]levelScene{
	"run returns nil": {run: noRun},
	"run fails": {
		run: fails(errors.New("accept: too many open files")), ends: exit(1),
		want: []string{"error: stopping actor run", stoppedBadly + "actor run 1"},
	},
	"run panics": {
		run: panics("boom"), ends: exit(2),
		want: []string{"error: stopping actor run", stoppedBadly + "actor run 2"},
	},
	"run fails after a signal": {
		run:    func(ctx context.Context) error { _ = obedient(ctx); return errors.New("boom") },
		signal: syscall.SIGTERM, ends: exit(1),
		want: []string{"info: stopping", "error: failed actor run", stoppedBadly + "actor run 1"},
	},
	"run is interrupted": {
		run: interruptible, signal: syscall.SIGTERM, ends: diesBy(syscall.SIGTERM),
		want: []string{"info: stopping", "info: stopped 143"},
	},
	"Exit(0)": {
		run:  exitsNow(0),
		want: []string{"info: stopping", "info: stopped"},
	},
	"Exit(3)": {
		run: exitsNow(3), ends: exit(3),
		want: []string{"error: stopping exit", stoppedBadly + "exit 3"},
	},
	"Fatal": {
		run: fatal, ends: exit(1),
		want: []string{"fatal: no luck", "error: stopping exit", stoppedBadly + "exit 1"},
	},
	"stuck": {
		run: func(ctx context.Context) error {
			shutdown.Finally(ctx, "mule", forever)
			return obedient(ctx)
		},
		signal: syscall.SIGTERM, ends: exit(124),
		want: []string{
			"info: stopping",
			"warn: still waiting finalizer mule", "warn: still waiting finalizer mule",
			"warn: overtaken: the next finalizer is started while this one goes on finalizer mule",
			"error: still running at the end of its time finalizer mule",
			stoppedBadly + "finalizer mule 124",
		},
	},
}

var levelPrograms = func() programs {
	all := programs{}
	for name, scene := range levels {
		all["levels: "+name] = func() { shutdown.Main(scene.run) }
	}
	all["levels: reload fails"] = func() {
		shutdown.Default().Reload = func(context.Context) error { say("asked to"); return errors.New("line 3: no such key") }
		shutdown.Main(obedient)
	}
	return all
}()

func TestReloadThatFailsTripsTheAlertAndIsNoFailureOfTheStop(t *testing.T) {
	t.Parallel()
	p := start(t, "levels: reload fails")
	p.await("ready")
	check(t, p.cmd.Process.Signal(syscall.SIGHUP))
	p.await("asked to")
	p.signal(syscall.SIGTERM)
	p.ends(exit(0), grace)
	got := outlines(p.printed())
	slices.Sort(got) // the stop may begin before the reload has ended
	want := []string{"error: reload failed reload", "info: reloading", "info: stopped", "info: stopping"}
	if !slices.Equal(got, want) {
		t.Errorf("log = %q\nwant  %q", got, want)
	}
}

func TestEveryFailureTripsTheDocumentedAlert(t *testing.T) {
	for name, scene := range levels {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t, "levels: "+name)
			if scene.signal != 0 {
				p.await("ready")
				p.signal(scene.signal)
			}
			p.ends(scene.ends, grace)
			if got := outlines(p.printed()); !slices.Equal(got, scene.want) {
				t.Errorf("log = %q\nwant  %q", got, scene.want)
			}
		})
	}
}

// outlines are the lines of a log in JSON, without what depends on the scene.
func outlines(output string) (outlines []string) {
	for line := range strings.Lines(output) {
		var fields map[string]any
		if json.Unmarshal([]byte(line), &fields) != nil {
			continue // of a panic that Main has printed
		}
		outline := fmt.Sprintf("%v: %v", fields["level"], fields["message"])
		for _, key := range []string{"kind", "name", "status"} {
			if v, ok := fields[key]; ok {
				outline += fmt.Sprint(" ", v)
			}
		}
		outlines = append(outlines, outline)
	}
	return outlines
}

// A quietScene is a command-line tool, and all that it says.
type quietScene struct {
	run    func(ctx context.Context) error
	signal bool // SIGINT is sent when it is ready
	ends   ending
	grace  string // if not empty: another than that of most programs
	want   string // a pattern of lines; "…" stands for anything
}

var quietScenes = map[string]quietScene{
	"nothing to say":        {run: noRun},
	"an error":              {run: fails(errors.New("no such file: x")), ends: exit(1), want: "NAME: no such file: x\n"},
	"errors joined":         {run: fails(errors.Join(errors.New("a"), errors.New("b"))), ends: exit(1), want: "NAME: a\n    b\n"},
	"an error that fakes":   {run: fails(errors.New("x\x1b[2J")), ends: exit(1), want: "NAME: x\ufffd[2J\n"},
	"a status and no text":  {run: fails(&shutdown.ExitError{Code: 3}), ends: exit(3)},
	"Exit":                  {run: exitsNow(3), ends: exit(3)},
	"a stop that goes well": {run: obedient, signal: true},
	"interrupted":           {run: interruptible, signal: true, ends: diesBy(syscall.SIGINT)},
	"a failing finalizer":   {run: finallyFails, ends: exit(1), want: `NAME: finalizer "upload": disk full` + "\n"},
	"a stop that takes time": {
		run: finallySleeps(1100 * time.Millisecond), grace: "10s",
		want: "NAME: stopping\nNAME: finalizer \"upload\" (…/levels_test.go:…) took 1.…s\n",
	},
	"a panic": {run: panics("boom"), ends: exit(2), want: "panic: boom\n\ngoroutine …"},
	"stuck": {
		run: finallySleeps(time.Hour), ends: exit(124),
		want: "NAME: stopping\n…NAME: finalizer \"upload\" (…/levels_test.go:…) is still running after …s:\n    …levels_test.go:…\n",
	},
}

func exitsNow(code int) func(context.Context) error {
	return func(context.Context) error { shutdown.Exit(code); return nil }
}

func finallyFails(ctx context.Context) error {
	shutdown.Finally(ctx, "upload", func() error { return errors.New("disk full") })
	return nil
}

func finallySleeps(d time.Duration) func(context.Context) error {
	return func(ctx context.Context) error {
		shutdown.Finally(ctx, "upload", func() { time.Sleep(d) })
		return nil
	}
}

var quietPrograms = func() programs {
	all := programs{}
	for name, scene := range quietScenes {
		all["quiet: "+name] = func() {
			shutdown.Default().Quiet = true
			shutdown.Main(scene.run)
		}
	}
	return all
}()

func TestQuiet_saysOnlyWhatTheUserOfAToolHasToKnow(t *testing.T) {
	for name, scene := range quietScenes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t, "quiet: "+name, with("SHUTDOWN_GRACE="+cmp.Or(scene.grace, grace.String())))
			if scene.signal {
				p.await("ready")
				p.ctrlC()
			}
			p.ends(scene.ends, grace)
			if got := p.printed(); !matches(got, strings.ReplaceAll(scene.want, "NAME", "e2e.test")) {
				t.Errorf("it said %q\nwant    %q", got, scene.want)
			}
		})
	}
}

// matches reports whether text is pattern, in which "…" stands for anything.
func matches(text, pattern string) bool {
	parts := strings.Split(pattern, "…")
	rest, ok := strings.CutPrefix(text, parts[0])
	for _, part := range parts[1:] {
		if !ok {
			return false
		}
		_, rest, ok = strings.Cut(rest, part)
	}
	return ok && (rest == "" || strings.HasSuffix(pattern, "…"))
}
