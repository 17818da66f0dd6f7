//go:build unix

package actors_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/actors"
)

func init() {
	children["numbers"] = func() {
		var all []string
		for _, name := range []string{"SHUTDOWN_GRACE", "SHUTDOWN_DRAIN", "SHUTDOWN_REPORT"} {
			value, ok := os.LookupEnv(name)
			if !ok {
				value = "unset"
			}
			all = append(all, value)
		}
		say(strings.Join(all, " "))
	}
}

func TestCommand_givesAChildNumbersThatFit(t *testing.T) {
	t.Setenv("SHUTDOWN_GRACE", "1m")
	t.Setenv("SHUTDOWN_DRAIN", "20s")
	t.Setenv("SHUTDOWN_REPORT", "report.html")
	for name, test := range map[string]struct {
		start func(m *shutdown.Manager, run func(context.Context) error)
		env   []string
		want  string
	}{
		"an actor": {
			func(m *shutdown.Manager, run func(context.Context) error) { m.Go("child", run) },
			nil, "25.2s 0s unset", // 9/10 of 4/5 less the drain
		},
		"a service": {
			func(m *shutdown.Manager, run func(context.Context) error) { m.Keep("child", run) },
			nil, "30s 0s unset",
		},
		"a job": {
			func(m *shutdown.Manager, run func(context.Context) error) {
				m.Go("child", func(ctx context.Context) error { return run(shutdown.Work(ctx)) })
			},
			nil, "3s 0s unset",
		},
		"one with numbers of its own": {
			func(m *shutdown.Manager, run func(context.Context) error) { m.Go("child", run) },
			[]string{"SHUTDOWN_GRACE=7s", "SHUTDOWN_REPORT=child.html"}, "7s 0s child.html",
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := newManager(time.Minute, 20*time.Second)
			cmd, lines := child(t, "numbers")
			cmd.Env = append(cmd.Env, test.env...)
			test.start(m, actors.Command(cmd))
			result := start(m)
			lines.want(t, test.want)
			m.Stop(nil)
			wantNil(t, "Run() =", result)
		})
	}
}

func TestCommand_withoutAManagerChangesNoNumbers(t *testing.T) {
	t.Setenv("SHUTDOWN_GRACE", "1m")
	cmd, lines := child(t, "numbers")
	if err := actors.Command(cmd)(t.Context()); err != nil {
		t.Fatal(err)
	}
	lines.want(t, "1m unset unset")
}
