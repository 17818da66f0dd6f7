package progress

import (
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// watched runs a stop, because of SIGTERM, of a manager with an actor that
// takes that long to stop, watched on s, and calls during meanwhile.
func watched(t *testing.T, s *screen, takes time.Duration, during func(m *shutdown.Manager, d *Display)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		silent := zerolog.Nop()
		m := &shutdown.Manager{Signals: []os.Signal{}, Logger: &silent}
		d := s.display()
		d.Watch(m)
		m.Go("api", func(ctx context.Context) error {
			<-ctx.Done()
			time.Sleep(takes)
			return nil
		})
		ended := make(chan error, 1)
		go func() { ended <- m.Run(t.Context()) }()
		synctest.Wait()
		m.Signal(syscall.SIGTERM)
		during(m, d)
		if err := <-ended; err != nil {
			t.Errorf("Run = %v, want nil", err)
		}
		synctest.Wait()
	})
}

func TestAStopOfLessThan200msDrawsNothing(t *testing.T) {
	s := newScreen(80, 24)
	watched(t, s, 199*time.Millisecond, func(*shutdown.Manager, *Display) {})
	if n := s.count(); n != 0 {
		t.Errorf("%d writes to the terminal, want none", n)
	}
}

func TestAProgramThatDoesNotStopDrawsNothing(t *testing.T) {
	s := newScreen(80, 24)
	watched(t, s, 0, func(*shutdown.Manager, *Display) {})
	if n := s.count(); n != 0 {
		t.Errorf("%d writes to the terminal, want none", n)
	}
}

func TestTheLinesAreThereWhileTheStopLastsAndGoneAfterwards(t *testing.T) {
	s := newScreen(80, 24)
	watched(t, s, 3*time.Second, func(*shutdown.Manager, *Display) {
		time.Sleep(2400*time.Millisecond + time.Nanosecond)
		synctest.Wait()
		want := "\n\nstopping  2.4s of 9s  " + strings.Repeat("━", 7) + strings.Repeat("─", 21) + "  6.6s left\n" +
			"  actor      api    2.4s  progress/display_test.go:30\n" +
			"  0 done, 1 to go"
		if got := s.String(); got != want {
			t.Errorf("after 2.4s the screen shows\n%s\nwant\n%s", got, want)
		}
		s.cursorAt(t, 0, 0)
	})
	if got := s.String(); got != "" {
		t.Errorf("after the stop the screen shows\n%s\nwant nothing", got)
	}
	s.atPrompt(t)
}

func TestThereAreTenFramesASecondAndOneWriteForEach(t *testing.T) {
	s := newScreen(80, 24)
	watched(t, s, 1050*time.Millisecond, func(*shutdown.Manager, *Display) {})
	if got, want := s.count(), 9+1; got != want { // at 0.2 s, 0.3 s … 1.0 s; and the end
		t.Errorf("%d writes in 1.05s, want %d", got, want)
	}
}

func TestLogLinesGoAboveTheRegion(t *testing.T) {
	s := newScreen(80, 24)
	watched(t, s, time.Second, func(_ *shutdown.Manager, d *Display) {
		fmt.Fprintln(d, "before")
		for range 5 {
			time.Sleep(150 * time.Millisecond)
			n, err := fmt.Fprintln(d, "while it lasts")
			if n != len("while it lasts\n") || err != nil {
				t.Errorf("Write = %d, %v, want %d, nil", n, err, len("while it lasts\n"))
			}
		}
		rows := strings.Split(s.String(), "\n")
		if len(rows) != 6+1+gap+3 || rows[5] != "while it lasts" || !strings.HasPrefix(rows[6+1+gap], "stopping") {
			t.Errorf("the screen shows\n%s\nwant six lines above the region", s)
		}
	})
	if got, want := s.String(), "before\n"+strings.TrimRight(strings.Repeat("while it lasts\n", 5), "\n"); got != want {
		t.Errorf("the stop leaves\n%s\nwant\n%s", got, want)
	}
	s.atPrompt(t)
}

func TestALineThatHasNotEndedIsNotTornApart(t *testing.T) {
	for name, write := range map[string]func(s *screen, d *Display) io.Writer{
		"through the display": func(_ *screen, d *Display) io.Writer { return d },
		"past the display":    func(s *screen, _ *Display) io.Writer { return s },
	} {
		s := newScreen(80, 24)
		watched(t, s, 2*time.Second, func(_ *shutdown.Manager, d *Display) {
			out := write(s, d)
			time.Sleep(500 * time.Millisecond)
			fmt.Fprint(out, "half a ")
			time.Sleep(500 * time.Millisecond)
			if got, want := s.String(), "half a \n\nstopping"; !strings.HasPrefix(got, want) {
				t.Errorf("%s: the screen shows %q, want %q", name, got, want)
			}
			fmt.Fprintln(out, "line")
			time.Sleep(150 * time.Millisecond)
			if got, want := s.String(), "half a line\n\n\nstopping"; !strings.HasPrefix(got, want) {
				t.Errorf("%s: the screen shows\n%s\nwant the line and the region", name, got)
			}
		})
		if got, want := s.String(), "half a line"; got != want {
			t.Errorf("%s: the stop leaves %q, want %q", name, got, want)
		}
	}
}

func TestLinesPastTheDisplayAreNotLost(t *testing.T) {
	for name, atOnce := range map[string]int{"one at a time": 1, "two at a time": 2, "many at a time": 30} {
		for _, height := range []int{24, 10} { // with and without room below
			s := newScreen(80, height)
			var want []string
			watched(t, s, 3*time.Second, func(*shutdown.Manager, *Display) {
				for len(want) < 60 {
					time.Sleep(130 * time.Millisecond)
					for range atOnce {
						line := fmt.Sprintf("line %d past the display", len(want))
						want = append(want, line)
						fmt.Fprintln(s, line)
					}
					if len(want) >= 20 && atOnce < 3 {
						break
					}
				}
			})
			got := strings.Split(s.String(), "\n")
			if len(got) != len(want) {
				t.Fatalf("%s, %d rows high: %d lines are left of %d:\n%s", name, height, len(got), len(want), s)
			}
			for i, line := range want {
				if clean := got[i] == line; !clean && (atOnce <= 1+gap || !strings.HasPrefix(got[i], line)) {
					t.Errorf("%s, %d rows high: row %d is %q, want %q", name, height, i, got[i], line)
				}
			}
		}
	}
}

func TestATerminalThatIsResizedKeepsNoRemains(t *testing.T) {
	s := newScreen(80, 24)
	watched(t, s, 3*time.Second, func(_ *shutdown.Manager, d *Display) {
		fmt.Fprintln(d, "log")
		for _, width := range []int{40, 17, 80, 9, 200} {
			time.Sleep(250 * time.Millisecond)
			s.resize(width)
			time.Sleep(150 * time.Millisecond)
			rows := strings.Split(s.String(), "\n")
			if len(rows) != 2+gap+3 || rows[0] != "log" || !strings.HasPrefix(rows[2+gap], "stopp") {
				t.Errorf("%d cells wide, the screen shows\n%s\nwant one region below the log", width, s)
			}
		}
	})
	if got, want := s.String(), "log"; got != want {
		t.Errorf("the stop leaves %q, want %q", got, want)
	}
}

func TestAForcedStopLeavesACleanPrompt(t *testing.T) {
	s := newScreen(80, 24)
	synctest.Test(t, func(t *testing.T) {
		silent := zerolog.Nop()
		m := &shutdown.Manager{Signals: []os.Signal{}, Logger: &silent}
		s.display().Watch(m)
		m.Register("stubborn", func(context.Context) error {
			time.Sleep(5 * time.Second)
			return nil
		})
		ended := make(chan error, 1)
		go func() { ended <- m.Run(t.Context()) }()
		synctest.Wait()
		m.Signal(os.Interrupt)
		time.Sleep(time.Second)
		_, _ = io.WriteString(s, "^C") // the terminal's echo, at the cursor
		m.Signal(os.Interrupt)
		<-ended
		synctest.Wait()
		if got, want := s.String(), "^C"; got != want {
			t.Errorf("the screen shows\n%s\nwant %s", got, want)
		}
		s.cursorAt(t, len("^C"), 0)
		time.Sleep(5 * time.Second) // let it end
	})
}

func TestATerminalThatTakesNothingDelaysTheStopBy100ms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScreen(80, 24)
		s.halted = make(chan struct{}) // Ctrl-S
		silent := zerolog.Nop()
		m := &shutdown.Manager{Signals: []os.Signal{}, Logger: &silent}
		s.display().Watch(m)
		m.Register("slow", func(context.Context) error {
			time.Sleep(time.Second)
			return nil
		})
		m.Stop(nil)
		began := time.Now()
		_ = m.Run(t.Context())
		if got, want := time.Since(began), time.Second+farewell; got != want {
			t.Errorf("Run returned after %v, want %v", got, want)
		}
		close(s.halted)
	})
}

func TestABackgroundJobDrawsNothing(t *testing.T) {
	s := newScreen(80, 24)
	s.background = true
	watched(t, s, time.Second, func(*shutdown.Manager, *Display) {})
	if n := s.count(); n != 0 {
		t.Errorf("%d writes to somebody else's terminal, want none", n)
	}
}

func TestTheManagersOwnLogGoesThroughTheDisplay(t *testing.T) {
	s := newScreen(200, 24)
	synctest.Test(t, func(t *testing.T) {
		m := &shutdown.Manager{Signals: []os.Signal{}}
		s.display().Watch(m)
		m.Register("slow", func(context.Context) error {
			time.Sleep(time.Second)
			return nil
		})
		m.Signal(syscall.SIGTERM)
		_ = m.Run(t.Context())
		synctest.Wait()
	})
	rows := strings.Split(s.String(), "\n")
	if len(rows) != 3 || !strings.Contains(rows[0], "stopping") || !strings.Contains(rows[1], "slow") || !strings.Contains(rows[2], "stopped") {
		t.Errorf("the screen shows\n%s\nwant three lines of log", s)
	}
	s.atPrompt(t)
}

func TestPackageLogGoesThroughTheDisplayByItself(t *testing.T) {
	defer log.SetOutput(log.Writer())
	defer log.SetFlags(log.Flags())
	s := newScreen(80, 24)
	log.SetOutput(s)
	log.SetFlags(0)
	watched(t, s, time.Second, func(_ *shutdown.Manager, d *Display) {
		if log.Writer() != io.Writer(d) {
			t.Fatal("package log does not write through the display")
		}
		time.Sleep(450 * time.Millisecond)
		log.Print("three\nlines\nat once")
		slog.Info("and a fourth")
		if got, want := s.String(), "three\nlines\nat once\nINFO and a fourth\n\n\nstopping"; !strings.HasPrefix(got, want) {
			t.Errorf("the screen shows\n%s\nwant it to begin with\n%s", got, want)
		}
	})
}

func TestALogThatGoesElsewhereIsLeftAlone(t *testing.T) {
	defer log.SetOutput(log.Writer())
	log.SetOutput(io.Discard)
	newScreen(80, 24).display().Watch(&shutdown.Manager{Signals: []os.Signal{}})
	if log.Writer() != io.Discard {
		t.Error("package log writes through the display")
	}
}

func TestWatch_leavesAManagerWithALoggerAlone(t *testing.T) {
	for name, m := range map[string]*shutdown.Manager{
		"Slog":  {Slog: slog.New(slog.DiscardHandler)},
		"Quiet": {Quiet: true},
	} {
		newScreen(80, 24).display().Watch(m)
		if m.Logger != nil {
			t.Errorf("Watch has given a Logger to a manager with %s", name)
		}
	}
}

func TestWhatIsNotATerminalGetsWhatIsWrittenAndNothingElse(t *testing.T) {
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	d := Terminal(f)
	m := &shutdown.Manager{Signals: []os.Signal{}}
	d.Watch(m)
	if m.Logger != nil {
		t.Error("Watch has set a Logger for people")
	}
	fmt.Fprint(d, "line\nhalf")
	if got, err := os.ReadFile(f.Name()); string(got) != "line\nhalf" {
		t.Errorf("the file holds %q, %v", got, err)
	}
}

func TestAWriteThatFailsIsReported(t *testing.T) {
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	if _, err := fmt.Fprintln(Terminal(f), "line"); err == nil {
		t.Error("Write to a closed file = nil, want an error")
	}
}
