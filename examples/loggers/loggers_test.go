package loggers

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/go-logr/logr/funcr"
	"github.com/sirupsen/logrus"
	"github.com/urfave/cli/v3"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"k8s.io/klog/v2"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// loggers are set to write JSON to a buffer.
var loggers = map[string]func(m *shutdown.Manager, out *bytes.Buffer){
	"slog": func(m *shutdown.Manager, out *bytes.Buffer) {
		slog.SetDefault(slog.New(slog.NewJSONHandler(out, nil)))
		Slog(m)
	},
	"logr": func(m *shutdown.Manager, out *bytes.Buffer) {
		Logr(m, funcr.NewJSON(func(line string) { fmt.Fprintln(out, line) }, funcr.Options{}))
	},
	"zap": func(m *shutdown.Manager, out *bytes.Buffer) {
		sink := &zapcore.BufferedWriteSyncer{WS: zapcore.AddSync(out)}
		Zap(m, zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), sink, zap.InfoLevel)))
	},
	"logrus": func(m *shutdown.Manager, out *bytes.Buffer) {
		to := logrus.New()
		to.Out, to.Formatter = out, &logrus.JSONFormatter{}
		Logrus(m, to)
	},
}

func TestEveryLoggerHasTheSameLines(t *testing.T) {
	for name, set := range loggers {
		var out bytes.Buffer
		m := &shutdown.Manager{Signals: []os.Signal{}}
		set(m, &out)
		m.Register("upload", func(context.Context) error { return errors.New("disk full") })
		m.Stop(nil)
		if err := m.Run(t.Context()); err == nil {
			t.Fatal("the finalizer did not fail")
		}
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		if len(lines) != 3 {
			t.Errorf("%s: %d lines, want 3:\n%s", name, len(lines), out.String())
			continue
		}
		for i, wants := range []map[string]any{
			{"cause": "shutdown: stop requested", "grace": 9000.0, "pending": 1.0},
			{"kind": "finalizer", "name": "upload", "error": "disk full"},
			{"status": 1.0, "failed": 1.0, "kind": "finalizer", "name": "upload"},
		} {
			var got map[string]any
			if err := json.Unmarshal([]byte(lines[i]), &got); err != nil {
				t.Errorf("%s: %v: %s", name, err, lines[i])
			}
			for key, want := range wants {
				if got[key] != want {
					t.Errorf("%s: %s = %v, want %v in %s", name, key, got[key], want, lines[i])
				}
			}
			if got["stacktrace"] != nil {
				t.Errorf("%s: a stack of the log in %s", name, lines[i])
			}
		}
	}
}

// exits are runs that end the program in the way of a library, and the status
// that they ask for.
var exits = map[string]struct {
	run    func(context.Context) error
	status int
}{
	"logrus": {func(context.Context) error { logrus.Fatal("no luck"); return nil }, 1},
	"klog":   {func(context.Context) error { klog.Fatal("no luck"); return nil }, 255},
	"klog exits": {func(context.Context) error {
		klog.FlushAndExit(klog.ExitFlushTimeout, 3)
		return nil
	}, 3},
	"zap": {func(context.Context) error {
		zap.Must(zap.NewProduction(FatalZap())).Fatal("no luck")
		return nil
	}, 1},
	"urfave": {func(ctx context.Context) error {
		command := &cli.Command{Name: "tool", Action: func(context.Context, *cli.Command) error { return cli.Exit("no luck", 7) }}
		return command.Run(ctx, []string{"tool"})
	}, 7},
}

// TestMain is the program, where a test has started it as one.
func TestMain(m *testing.M) {
	if scene, ok := exits[os.Getenv("LOGGERS_TEST_PROGRAM")]; ok {
		Exits()
		shutdown.Register("cleanup", func() { fmt.Println("cleaned up") })
		shutdown.Main(scene.run)
	}
	os.Exit(m.Run())
}

func TestFatalEndsTheProgramInOrder(t *testing.T) {
	for name, scene := range exits {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), os.Args[0])
			cmd.Env = append(os.Environ(), "LOGGERS_TEST_PROGRAM="+name, "GOCOVERDIR=")
			out, _ := cmd.CombinedOutput()
			if got := cmd.ProcessState.ExitCode(); got != scene.status || !strings.Contains(string(out), "cleaned up") {
				t.Errorf("status %d, want %d, and clean-ups; it said\n%s", got, scene.status, out)
			}
		})
	}
}
