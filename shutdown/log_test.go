package shutdown_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/seed7e043c35/lastcall/resource"
	"github.com/seed7e043c35/lastcall/shutdown"
)

// Rows of the table of causes and lines in docs/observing.md for which no
// process is needed. The others are in levels_test.go at the root.
var levels = map[string]struct {
	begin func(s *stop) // before Run
	stop  func(s *stop) // once it runs
	want  []string      // lines: level, message, kind, name, status
}{
	"signal": {
		stop: func(s *stop) { s.Signal(sigterm) },
		want: []string{"info: stopping", "info: stopped"},
	},
	"SIGTERM with a drain": {
		begin: func(s *stop) { s.Drain = time.Second },
		stop:  func(s *stop) { s.Signal(sigterm) },
		want:  []string{"info: draining: not ready any more, still serving", "info: stopping", "info: stopped"},
	},
	"Stop(nil)": {
		stop: func(s *stop) { s.Stop(nil) },
		want: []string{"info: stopping", "info: stopped"},
	},
	"Stop(err)": {
		stop: func(s *stop) { s.Stop(errBoom) },
		want: []string{"error: stopping stop", "error: stopped, not everything went well stop 1"},
	},
	"Stop(err) after a signal": {
		begin: func(s *stop) {
			s.Register("slow", func(context.Context) error { time.Sleep(time.Millisecond); return nil })
		},
		stop: func(s *stop) { s.Signal(sigterm); s.Stop(errBoom) },
		want: []string{"info: stopping", "error: failed stop", "error: stopped, not everything went well stop 1"},
	},
	"actor returns nil": {
		begin: func(s *stop) { s.Go("api", func(context.Context) error { return nil }) },
		want:  []string{"info: stopping", "info: stopped"},
	},
	"actor returns nil in a drain": {
		begin: func(s *stop) {
			s.Drain = time.Second
			s.Go("api", func(context.Context) error { <-s.Draining(); return nil })
		},
		stop: func(s *stop) { s.Signal(sigterm) },
		want: []string{"info: draining: not ready any more, still serving", "info: stopping", "info: stopped"},
	},
	"actor fails": {
		begin: func(s *stop) { s.Go("api", func(context.Context) error { return errBoom }) },
		want:  []string{"error: stopping actor api", "error: stopped, not everything went well actor api 1"},
	},
	"actor fails after a signal": {
		begin: func(s *stop) {
			s.Go("api", func(ctx context.Context) error { <-ctx.Done(); return errBoom })
		},
		stop: func(s *stop) { s.Signal(sigterm) },
		want: []string{"info: stopping", "error: failed actor api", "error: stopped, not everything went well actor api 1"},
	},
	"actor panics": {
		begin: func(s *stop) { s.Go("api", func(context.Context) error { panic("boom") }) },
		want:  []string{"error: stopping actor api", "error: stopped, not everything went well actor api 2"},
	},
	"actor exits by Goexit": {
		begin: func(s *stop) { s.Go("api", func(context.Context) error { runtime.Goexit(); return nil }) },
		want:  []string{"error: stopping actor api", "error: stopped, not everything went well actor api 1"},
	},
	"service fails": {
		begin: func(s *stop) { s.Keep("writer", func(context.Context) error { return errBoom }) },
		want:  []string{"error: stopping service writer", "error: stopped, not everything went well service writer 1"},
	},
	"service panics": {
		begin: func(s *stop) { s.Keep("writer", func(context.Context) error { panic("boom") }) },
		want:  []string{"error: stopping service writer", "error: stopped, not everything went well service writer 2"},
	},
	"finalizer fails": {
		begin: func(s *stop) { s.Register("upload", func(context.Context) error { return errBoom }) },
		stop:  func(s *stop) { s.Signal(sigterm) },
		want:  []string{"info: stopping", "error: failed finalizer upload", "error: stopped, not everything went well finalizer upload 1"},
	},
	"finalizer panics": {
		begin: func(s *stop) { s.Register("upload", func(context.Context) error { panic("boom") }) },
		stop:  func(s *stop) { s.Signal(sigterm) },
		want:  []string{"info: stopping", "error: failed finalizer upload", "error: stopped, not everything went well finalizer upload 2"},
	},
	"error with a status": {
		begin: func(s *stop) { s.Go("api", func(context.Context) error { return statusError(75) }) },
		want:  []string{"error: stopping actor api", "error: stopped, not everything went well actor api 75"},
	},
	"slow": {
		begin: func(s *stop) {
			s.Register("upload", func(context.Context) error { time.Sleep(time.Second); return nil })
		},
		stop: func(s *stop) { s.Signal(sigterm) },
		want: []string{"info: stopping", "warn: slow finalizer upload", "info: stopped"},
	},
	"forced, and nothing is lost": {
		begin: func(s *stop) {
			s.Register("upload", func(ctx context.Context) error { <-ctx.Done(); return nil })
		},
		stop: func(s *stop) {
			s.Signal(os.Interrupt)
			time.Sleep(600 * time.Millisecond)
			s.Signal(os.Interrupt)
		},
		want: []string{"info: stopping", "warn: stopping at once", "info: stopped 130"},
	},
	"a further wish": {
		begin: func(s *stop) {
			s.Register("upload", func(context.Context) error { time.Sleep(time.Millisecond); return nil })
		},
		stop: func(s *stop) { s.Signal(sigterm); s.Stop(nil) },
		want: []string{"info: stopping", "info: a further reason to stop", "info: stopped"},
	},
	"work is cut": {
		begin: func(s *stop) {
			s.Go("import", func(ctx context.Context) error { work := shutdown.Work(ctx); <-work.Done(); return work.Err() })
		},
		stop: func(s *stop) { s.Signal(sigterm) },
		want: []string{
			"info: stopping", "warn: still waiting actor import", "warn: still waiting actor import",
			"warn: the time for its work is up actor import", "error: cut actor import",
			"error: stopped, not everything went well actor import 1",
		},
	},
	"forced, and work is cut": {
		begin: func(s *stop) {
			s.Go("import", func(ctx context.Context) error { work := shutdown.Work(ctx); <-work.Done(); return work.Err() })
		},
		stop: func(s *stop) {
			s.Signal(os.Interrupt)
			time.Sleep(600 * time.Millisecond)
			s.Signal(os.Interrupt)
		},
		want: []string{
			"info: stopping", "warn: the time for its work is up actor import", "warn: stopping at once",
			"error: cut actor import", "error: stopped, not everything went well actor import 130",
		},
	},
	"leak": {
		begin: func(s *stop) { resource.Ensure(s.Context(), unclosed{}, func() {}) },
		stop:  func(s *stop) { s.Signal(sigterm) },
		want:  []string{"info: stopping", "warn: not closed by its owner resource shutdown_test.unclosed", "info: stopped"},
	},
}

// A statusError is an error that says its exit status.
type statusError int

func (e statusError) Error() string { return fmt.Sprint("status ", int(e)) }
func (e statusError) ExitCode() int { return int(e) }

// An unclosed resource is never closed by its owner.
type unclosed struct{}

func (unclosed) IsClosed() bool { return false }

func TestLog_levelsCanBeTrusted(t *testing.T) {
	for name, scene := range levels {
		t.Run(name, func(t *testing.T) {
			inZerolog := logOf(t, scene.begin, scene.stop, func(s *stop, out *logbook) {
				s.Logger = out.logger(zerolog.InfoLevel)
			})
			inSlog := logOf(t, scene.begin, scene.stop, func(s *stop, out *logbook) {
				s.Logger, s.Slog = nil, slog.New(slog.NewJSONHandler(out, nil))
			})
			if got := outlines(inZerolog); !slices.Equal(got, scene.want) {
				t.Errorf("log = %q\nwant  %q", got, scene.want)
			}
			wantSameLines(t, asZerolog(inSlog), inZerolog)
		})
	}
}

// logOf returns the lines of a stop.
func logOf(t *testing.T, begin, stopNow func(*stop), to func(*stop, *logbook)) []map[string]any {
	t.Helper()
	book := new(logbook)
	inBubble(t, func(t *testing.T, s *stop) {
		to(s, book)
		if begin != nil {
			begin(s)
		}
		s.run()
		if stopNow != nil {
			stopNow(s)
		}
		<-s.result
	})
	return book.lines
}

// outlines are lines without what depends on the scene.
func outlines(lines []map[string]any) (outlines []string) {
	for _, line := range lines {
		outline := fmt.Sprintf("%v: %v", line["level"], line["message"])
		for _, key := range []string{"kind", "name", "status"} {
			if v, ok := line[key]; ok {
				outline += fmt.Sprint(" ", v)
			}
		}
		outlines = append(outlines, outline)
	}
	return outlines
}

// asZerolog returns slog's lines with zerolog's names for what is on each line.
func asZerolog(lines []map[string]any) []map[string]any {
	for _, line := range lines {
		line["level"], line["message"] = strings.ToLower(line["level"].(string)), line["msg"]
		delete(line, "msg")
	}
	return lines
}

// wantSameLines compares lines, but for what is different in each process, or
// each second: times, and addresses in stacks.
func wantSameLines(t *testing.T, got, want []map[string]any) {
	t.Helper()
	for _, lines := range [][]map[string]any{got, want} {
		for _, line := range lines {
			delete(line, "time")
			if stack, ok := line["stack"].(string); ok && strings.Contains(stack, "_test.go:") {
				line["stack"] = "a stack"
			}
		}
	}
	if !slices.EqualFunc(got, want, func(a, b map[string]any) bool {
		return maps.EqualFunc(a, b, func(x, y any) bool { return fmt.Sprintf("%T %v", x, x) == fmt.Sprintf("%T %v", y, y) })
	}) {
		t.Errorf("slog's lines are  %v\nand zerolog's are %v", got, want)
	}
}

func TestLog_ofAStopByTheParentIsThatOfAWish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		book := new(logbook)
		m := &shutdown.Manager{Signals: noSignals, Logger: book.logger(zerolog.InfoLevel)}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if err := m.Run(ctx); err != nil {
			t.Errorf("Run() = %v, want nil", err)
		}
		if got, want := outlines(book.lines), []string{"info: stopping", "info: stopped"}; !slices.Equal(got, want) {
			t.Errorf("log = %q, want %q", got, want)
		}
	})
}

func TestLog_pendingIsTheSumOfTheEnds(t *testing.T) {
	lines := logOf(t, func(s *stop) {
		s.Go("api", untilCancelled)
		s.Keep("writer", untilCancelled)
		s.Register("bad", func(context.Context) error { return errBoom })
		conn := new(conn)
		resource.Ensure(s.Context(), conn, conn.close)
		handle := resource.Track(s.Context(), "file", 1, func() {})
		s.Register("closes them", func(context.Context) error { conn.close(); return handle.Close() })
	}, func(s *stop) {
		release, err := s.Hold("job")
		if err != nil {
			t.Error(err)
		}
		s.Stop(nil)
		release()
	}, func(s *stop, out *logbook) { s.Logger = out.logger(zerolog.InfoLevel) })
	first, last := lines[0], lines[len(lines)-1]
	if got := last["ok"].(float64) + last["failed"].(float64); first["pending"] != got {
		t.Errorf("pending = %v, and %v ended: %v", first["pending"], got, lines)
	}
}

// A conn is a resource that knows whether it is closed.
type conn struct{ closed atomic.Bool }

func (c *conn) close()         { c.closed.Store(true) }
func (c *conn) IsClosed() bool { return c.closed.Load() }

func TestLog_errorSaysItOnceAndWithoutItsComponent(t *testing.T) {
	lines := logOf(t, func(s *stop) {
		s.Go("api", func(context.Context) error { return errors.New("accept: too many open files") })
	}, nil, func(s *stop, out *logbook) { s.Logger = out.logger(zerolog.InfoLevel) })
	if got, want := lines[0]["error"], "accept: too many open files"; got != want {
		t.Errorf("error = %q, want %q", got, want)
	}
	if lines[0]["cause"] != nil || lines[1]["error"] != nil || lines[1]["cause"] != "accept: too many open files" {
		t.Errorf("lines = %v", lines)
	}
}

func TestLog_ofAPanicHasItsStack(t *testing.T) {
	for _, name := range []string{"actor panics", "finalizer panics"} {
		lines := logOf(t, levels[name].begin, levels[name].stop, func(s *stop, out *logbook) {
			s.Logger, s.Slog = nil, slog.New(slog.NewJSONHandler(out, nil))
		})
		line := lines[slices.IndexFunc(lines, func(l map[string]any) bool { return l["error"] != nil })]
		if stack, _ := line["stack"].(string); line["error"] != "panic: boom" || !strings.Contains(stack, "log_test.go:") {
			t.Errorf("%s: line = %v", name, line)
		}
	}
}

func TestLog_writesTheTimeOnceWithMilliseconds(t *testing.T) {
	for name, with := range map[string]func(zerolog.Logger) zerolog.Logger{
		"plain":       func(l zerolog.Logger) zerolog.Logger { return l },
		"Timestamp()": func(l zerolog.Logger) zerolog.Logger { return l.With().Timestamp().Logger() },
		"own hook": func(l zerolog.Logger) zerolog.Logger {
			return l.Hook(zerolog.HookFunc(func(*zerolog.Event, zerolog.Level, string) {}))
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			var out bytes.Buffer
			logger := with(zerolog.New(&out))
			s := newStop()
			s.Logger = &logger
			s.Stop(nil)
			s.run()
			s.wantResult(t, 0)
			for line := range strings.Lines(out.String()) {
				if strings.Count(line, `"time":`) != 1 {
					t.Errorf("%s: %s: want the key time once", name, line)
				}
				if name != "Timestamp()" && !strings.Contains(line, `:00.000Z"`) {
					t.Errorf("%s: %s: want milliseconds", name, line)
				}
			}
		})
	}
}

func TestLog_slogGoesThroughTheHandlerAsItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		handler := slog.NewJSONHandler(&out, &slog.HandlerOptions{
			AddSource: true,
			ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
				if len(groups) == 0 && a.Key == slog.LevelKey {
					a.Key = "severity"
				}
				return a
			},
		})
		s := newStop()
		s.Logger, s.Slog = nil, slog.New(handler).With("app", "shop").WithGroup("shutdown")
		s.Stop(nil)
		s.run()
		s.wantResult(t, 0)
		var line struct {
			Severity, App string
			Source        any
			Shutdown      struct {
				Cause string
				Grace float64
			}
		}
		if err := json.Unmarshal(bytes.SplitN(out.Bytes(), []byte("\n"), 2)[0], &line); err != nil {
			t.Fatal(err)
		}
		if line.Severity != "INFO" || line.App != "shop" || line.Shutdown.Grace != 10_000 || line.Shutdown.Cause == "" || line.Source != nil {
			t.Errorf("first line = %s", out.String())
		}
	})
}

func TestLog_slogForDebuggingHearsOfEverySuccess(t *testing.T) {
	lines := logOf(t,
		func(s *stop) { s.Register("finalizer", func(context.Context) error { return nil }) },
		func(s *stop) { s.Stop(nil) },
		func(s *stop, out *logbook) {
			s.Logger, s.Slog = nil, slog.New(slog.NewJSONHandler(out, &slog.HandlerOptions{Level: slog.LevelDebug}))
		})
	if got := outlines(asZerolog(lines)); !slices.Contains(got, "debug: started finalizer finalizer") || !slices.Contains(got, "debug: done finalizer finalizer") {
		t.Errorf("log = %q, lacks the single components", got)
	}
}

func TestLog_andSlogTogetherAreAContradiction(t *testing.T) {
	s := newStop()
	s.Slog = slog.New(slog.DiscardHandler)
	if err := s.Run(t.Context()); shutdown.ExitCode(err) != 2 || !strings.Contains(err.Error(), "Logger and Slog") {
		t.Errorf("Run() = %v", err)
	}
}

func TestLog_isChosenWhenRunBeginsAndSaysWhatWasBefore(t *testing.T) {
	m, book := &shutdown.Manager{Signals: noSignals}, new(logbook)
	leaks := make(chan struct{}, 1)
	m.Observe(func(e shutdown.Event) {
		if e.Type == shutdown.EventLeaked {
			leaks <- struct{}{}
		}
	})
	resource.Track(m.Context(), "forgotten", new(int), func() {}) // and the handle is garbage
	for leaked := false; !leaked; {
		runtime.GC()
		select {
		case <-leaks:
			leaked = true
		default:
			runtime.Gosched()
		}
	}
	m.Logger = book.logger(zerolog.InfoLevel)
	m.Stop(nil)
	_ = m.Run(t.Context())
	if got, want := book.messages(), []string{"warn: not closed by its owner", "info: stopping", "info: stopped"}; !slices.Equal(got, want) {
		t.Errorf("log = %q, want %q", got, want)
	}
}

func TestLog_isNotToldOfMissedSuccessesThatItDidNotWant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, book := newStop(), new(logbook)
		slow := make(chan struct{})
		s.Logger = book.logger(zerolog.InfoLevel)
		held := s.Logger.Hook(zerolog.HookFunc(func(*zerolog.Event, zerolog.Level, string) { <-slow }))
		s.Logger = &held
		s.Observe(func(shutdown.Event) {}) // wants to hear of everything
		s.Register("upload", func(context.Context) error { return errBoom })
		for range 10_000 {
			s.Register("finalizer", func(context.Context) error { return nil })
		}
		s.Stop(nil)
		s.run()
		close(slow)
		<-s.result
		if got, want := book.messages(), []string{"info: stopping", "error: failed", "error: stopped, not everything went well"}; !slices.Equal(got, want) {
			t.Errorf("log = %q, want %q", got, want)
		}
	})
}

// fake is what somebody might give a program in order to fake a line of its log.
const fake = "x\n{\"level\":\"info\",\"message\":\"fake\"}\nlevel=INFO msg=fake\n12:00 INF fake\x1b[2J"

func TestLog_cannotBeFakedByNamesAndTexts(t *testing.T) {
	for name, to := range map[string]func(*stop, *bytes.Buffer){
		"zerolog": func(s *stop, out *bytes.Buffer) { l := zerolog.New(out).Level(zerolog.InfoLevel); s.Logger = &l },
		"console": func(s *stop, out *bytes.Buffer) {
			l := zerolog.New(zerolog.ConsoleWriter{Out: out, NoColor: true}).Level(zerolog.InfoLevel)
			s.Logger = &l
		},
		"slog": func(s *stop, out *bytes.Buffer) { s.Logger, s.Slog = nil, slog.New(slog.NewTextHandler(out, nil)) },
	} {
		synctest.Test(t, func(t *testing.T) {
			var out bytes.Buffer
			s := newStop()
			to(s, &out)
			s.Register(fake, func(context.Context) error { return errors.New(fake) })
			s.Stop(errors.New(fake))
			s.run()
			<-s.result
			if got, want := strings.Count(out.String(), "\n"), 3; got != want || strings.Contains(out.String(), "\x1b") {
				t.Errorf("%s: %d lines, want %d:\n%q", name, got, want, out.String())
			}
		})
	}
}
