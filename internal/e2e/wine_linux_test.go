package e2e_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown/shutdowntest"
)

// What a program does on Windows, shown with wine, as far as wine is Windows.
// Without it the test is skipped.
func TestOnWindows(t *testing.T) {
	t.Parallel()
	w := openWine(t)
	for name, s := range windowsScenes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if s.breaks && w.start(t, windowsScene{program: "tries Ctrl-Break", console: true}).wait() != exit(0) {
				t.Skip("this wine does not send Ctrl-Break")
			}
			s.test(t, w.start(t, s))
		})
	}
}

// A windowsScene is a program that is started on Windows, and how that must end.
type windowsScene struct {
	program string
	env     string // added to the environment
	console bool   // it has one
	breaks  bool   // it uses Ctrl-Break, which not every wine can send
	presses int    // of Ctrl-C on its console; the first when it is ready, the others when it says "again"

	ends   ending
	within time.Duration // of the first press; 0 means the usual grace
	said   []string      // besides "ready" and "again", in order
	prints []string      // each is somewhere in the output
}

const byCtrlC = "interrupt signal received"

var windowsScenes = map[string]windowsScene{
	"all is well, 0":              {program: "returns nil", ends: exit(0)},
	"an error, 1":                 {program: "fails", ends: exit(1), prints: []string{"no luck"}},
	"a panic, 2":                  {program: "panics", ends: exit(2), prints: []string{"panic: burst\n\ngoroutine "}},
	"Exit(7), 7":                  {program: "exits", ends: exit(7)},
	"something stuck, 124":        {program: "is stuck", env: "SHUTDOWN_GRACE=500ms", ends: exit(124), prints: []string{"main.isStuck"}},
	"a site with forward slashes": {program: "loses its file", ends: exit(1), prints: []string{`"site":"windows/main_windows.go:`}},
	"SIGTERM by a call has its drain and the whole grace": {
		program: "is given SIGTERM", env: "SHUTDOWN_GRACE=20s",
		ends: exit(0), said: []string{"draining, with a grace of 20s", "finished", "finalizer"},
	},

	"Ctrl-C, and the program ends well": {
		program: "is obedient", console: true, presses: 1,
		ends: exit(0), said: []string{byCtrlC, "finalizer"},
	},
	"Ctrl-C, and run was cut short, 130": {
		program: "is interrupted", console: true, presses: 1,
		ends: exit(130), said: []string{byCtrlC, "finalizer"},
	},
	"Ctrl-C twice, 130": {
		program: "is stubborn", console: true, presses: 2, env: "SHUTDOWN_GRACE=10s",
		ends: exit(130), said: []string{byCtrlC, "finalizer"}, within: beyondEcho + time.Second,
	},
	"Ctrl-C while standard input is read": {
		program: "reads", console: true, presses: 1,
		ends: exit(130), said: []string{"finalizer"}, within: time.Second,
	},
	"Ctrl-C, and a child by Command": {
		program: "has a child", console: true, breaks: true, presses: 1,
		ends: exit(0), said: []string{byCtrlC, "finalizer", "finalizer"},
	},
	"Ctrl-C, and a child by Command with a Cancel": {
		program: "has a child that listens", console: true, presses: 1,
		ends: exit(0), said: []string{byCtrlC, "finalizer", "finalizer"},
	},
	"Ctrl-C, and a child by Command that is deaf": {
		program: "has a deaf child", console: true, presses: 1,
		ends: exit(1), said: []string{"finalizer"},
	},
	"CTRL-C of another program": {
		program: "sends Ctrl-C", console: true,
		ends: exit(130), said: []string{"ready", byCtrlC, "finalizer"},
	},
	"CTRL-BREAK of another program": {
		program: "sends Ctrl-Break", console: true, breaks: true,
		ends: exit(130), said: []string{"ready", byCtrlC, "finalizer"},
	},
}

func (s windowsScene) test(t *testing.T, p *process) {
	t.Helper()
	for i := range s.presses {
		if i == 0 {
			p.await("ready")
		} else {
			p.await("again")
		}
		p.request()
		p.Type("\x03")
	}
	within := s.within
	if within == 0 {
		within = grace
	}
	p.ends(s.ends, within)
	p.said(s.said...)
	p.prints(s.prints...)
	if sites := regexp.MustCompile(`"site":"[^"]*\\`).FindAllString(p.printed(), -1); sites != nil {
		t.Errorf("there are backslashes in %q", sites)
	}
}

// A wine is Windows without a screen, for the length of a test.
type wine struct {
	program string   // what the tests run
	env     []string // by which wine finds itself
}

// openWine skips the test where there is no wine that can start a program.
func openWine(t *testing.T) *wine {
	t.Helper()
	if _, err := exec.LookPath("wine"); err != nil {
		t.Skip("wine is not installed")
	}
	prefix := t.TempDir()
	makePrefix(t, prefix)
	w := &wine{program: buildForWindows(t), env: append(os.Environ(),
		"WINEPREFIX="+prefix,
		"TMPDIR="+t.TempDir(), // of the server's socket, which it leaves behind
		"WINEDEBUG=-all",
		"WINEDLLOVERRIDES=mscoree,mshtml=", // nobody needs .NET or a browser
		"WINEBOOTSTRAPMODE=1",              // see makePrefix
	)}
	w.boot(t)
	return w
}

// boot starts a program that runs until the end of the test. What wine itself
// needs, a server and services, is then not started by a program that is tested,
// whose descendants are ended with it.
func (w *wine) boot(t *testing.T) {
	cmd := exec.Command("wine", w.program, "idle")
	cmd.Env = w.env
	var output strings.Builder
	cmd.Stderr = &output
	input, err := cmd.StdinPipe()
	check(t, err)
	said, err := cmd.StdoutPipe()
	check(t, err)
	check(t, cmd.Start())
	t.Cleanup(func() {
		_ = input.Close() // it ends
		_ = cmd.Wait()
		server := exec.Command("wineserver", "--kill") // of this prefix
		server.Env = w.env
		_ = server.Run() // it may have ended by itself
	})
	if line, err := bufio.NewReader(said).ReadString('\n'); line != "ready\n" {
		t.Skipf("this wine cannot run a program of Go's: %q, %v\n%s", line, err, &output)
	}
}

// start starts a program whose standard output is the pipe to the test.
func (w *wine) start(t *testing.T, s windowsScene) *process {
	t.Helper()
	cmd := exec.Command("wine", w.program, s.program)
	cmd.Env = append(slices.Clone(w.env), "SHUTDOWN_DRAIN=", "SHUTDOWN_GRACE="+grace.String(), s.env)
	return launch(t, cmd, func(toTest, output *os.File) {
		cmd.Stdout = toTest
		if !s.console { // which wants two of the streams
			cmd.Stderr = output
		}
	}, func(*testing.T, *exec.Cmd) []shutdowntest.Option {
		if s.console {
			return []shutdowntest.Option{shutdowntest.Terminal()}
		}
		return nil
	})
}

// buildForWindows returns the path of the program. The paths in it are those that
// it would have if it had been built in C:\shop: there they
// have forward slashes, too.
func buildForWindows(t *testing.T) string {
	t.Helper()
	here, err := os.Getwd()
	check(t, err)
	program := filepath.Join(t.TempDir(), "program.exe")
	build := exec.Command("go", "build", "-gcflags=-trimpath="+here+"=>C:/shop", "-o", program, "./windows")
	build.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0", "GOFLAGS=")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", build, err, output)
	}
	return program
}
