//go:build unix

package main

import (
	"net"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

func TestStuck_endsWithStatus124AndNamesTheLine(t *testing.T) {
	for _, kind := range []string{"actor", "finalizer"} {
		t.Run(kind, func(t *testing.T) {
			p := start(t, "-stuck", kind, "-grace", "2s")
			p.signal(syscall.SIGTERM)
			p.wantStatus(124)
			wantMatch(t, p.stderr, `"kind":"`+kind+`","name":"stubborn","site":"demo/trouble.go:\d+".*"still running at the end of its time"`)
			wantSaid(t, p.stdout, "lost 0")
		})
	}
}

func TestPanic_endsWithStatus2AndItsStackAfterTheBooksAreSettled(t *testing.T) {
	p := start(t, "-panic", "-traffic", "200")
	p.wantStatus(2)
	wantMatch(t, p.stderr, `(?m)^panic: this was asked for with -panic`)
	wantMatch(t, p.stderr, `cmd/demo/trouble.go:\d+ `)
	wantSaid(t, p.stdout, "handed back 1, lost 0")
}

func TestFatal_endsWithStatus1AfterTheBooksAreSettled(t *testing.T) {
	p := start(t, "-fatal", "-traffic", "200")
	p.wantStatus(1)
	wantSaid(t, p.stderr, "this was asked for with -fatal")
	wantSaid(t, p.stdout, "handed back 1, lost 0")
}

func TestLeak_endsWithStatus0AndAWarningThatNamesTheLine(t *testing.T) {
	p := start(t, "-leak", "-traffic", "200", "-v")
	p.wantNext(p.stderr, troubledJob, `"in hand"`)
	p.signal(syscall.SIGTERM)
	p.wantStatus(0)
	wantMatch(t, p.stderr, `"name":"temporary file of job \d+","site":"demo/worker.go:\d+".*"not closed by its owner"`)
	if n := strings.Count(p.stderr.text.String(), "not closed by its owner"); n != 1 {
		t.Errorf("got %d warnings of leaks, want 1", n)
	}
	p.wantNoFiles()
}

func TestNoTrouble_leavesNeitherWarningsNorFiles(t *testing.T) {
	p := start(t, "-traffic", "200", "-v")
	p.wantNext(p.stderr, 20, `"in hand"`)
	p.signal(syscall.SIGTERM)
	p.wantStatus(0)
	for _, level := range []string{"warn", "error"} {
		if strings.Contains(p.stderr.text.String(), `"level":"`+level) {
			t.Errorf("something was logged as %s", level)
		}
	}
	p.wantNoFiles()
}

func TestBadCall_isOneLineAndStatus2(t *testing.T) {
	for _, args := range [][]string{
		{"-nonsense"}, {"extra"}, {"-workers", "0"}, {"-workers", "many"}, {"-traffic", "-1"}, {"-grace", "0"},
		{"-grace", "1s", "-drain", "1s"}, {"-stuck", "door"},
	} {
		p := launch(t, args...)
		p.wantStatus(2)
		if said := p.stderr.text.String(); strings.Count(said, "\n") != 1 {
			t.Errorf("demo %q: got\n%swant one line", args, said)
		}
		if said := p.stdout.text.String(); said != "" {
			t.Errorf("demo %q: got %q on standard output", args, said)
		}
	}
}

func TestHelp_explainsEachFlag(t *testing.T) {
	p := launch(t, "-h")
	p.wantStatus(0)
	for _, name := range []string{"-addr", "-db", "-workers", "-traffic", "-grace", "-drain", "-stuck", "-panic", "-fatal", "-leak"} {
		wantMatch(t, p.stdout, "(?m)^  "+name+"( .*)?$")
	}
}

func TestFailedStart_saysWhyAndEndsWithStatus1(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	inUse := start(t, "-db", filepath.Join(t.TempDir(), "jobs.db"), "-traffic", "0")
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-addr", taken.Addr().String()}, "address already in use"},
		{[]string{"-db", "/nonexistent/jobs.db"}, "database /nonexistent/jobs.db: unable to open"},
		{[]string{"-db", inUse.cmd.Args[4]}, "in use by another process"},
		{[]string{"-db", "postgres://demo:secret@" + taken.Addr().String() + "/x?connect_timeout=1"}, "demo:xxxxx@"},
	} {
		p := launch(t, c.args...)
		p.wantStatus(1)
		wantSaid(t, p.stderr, c.want)
		if strings.Contains(p.stderr.text.String(), "secret") {
			t.Errorf("demo %q: the password is in the log", c.args)
		}
	}
	inUse.signal(syscall.SIGTERM)
	inUse.wantStatus(0)
}

func wantMatch(t *testing.T, o *output, want string) {
	t.Helper()
	if got := o.text.String(); !regexp.MustCompile(want).MatchString(got) {
		t.Errorf("got output\n%s\nwant a match of %s", got, want)
	}
}

// wantNoFiles checks that no temporary file of a job is left.
func (p *process) wantNoFiles() {
	p.t.Helper()
	files, err := filepath.Glob(filepath.Join(p.temporary, "*"))
	if err != nil || len(files) > 0 {
		p.t.Errorf("left behind: %q %v", files, err)
	}
}
