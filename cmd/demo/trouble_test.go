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
	t.Parallel()
	for _, kind := range []string{"actor", "finalizer"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			p := start(t, "-stuck", kind, "-grace", "2s")
			p.Signal(syscall.SIGTERM)
			end := p.ends("124")
			wantMatch(t, end.Stderr, `"kind":"`+kind+`","name":"stubborn","site":"demo/trouble.go:\d+".*"still running at the end of its time"`)
			wantSaid(t, end.Stdout, "lost 0")
		})
	}
}

func TestPanic_endsWithStatus2AndItsStackAfterTheBooksAreSettled(t *testing.T) {
	t.Parallel()
	p := start(t, "-panic", "-traffic", "200")
	end := p.ends("2")
	wantMatch(t, end.Stderr, `(?m)^panic: this was asked for with -panic`)
	wantMatch(t, end.Stderr, `cmd/demo/trouble.go:\d+ `)
	wantSaid(t, end.Stdout, "handed back 1, lost 0")
}

func TestFatal_endsWithStatus1AfterTheBooksAreSettled(t *testing.T) {
	t.Parallel()
	p := start(t, "-fatal", "-traffic", "200")
	end := p.ends("1")
	wantSaid(t, end.Stderr, "this was asked for with -fatal")
	wantSaid(t, end.Stdout, "handed back 1, lost 0")
}

func TestLeak_endsWithStatus0AndAWarningThatNamesTheLine(t *testing.T) {
	t.Parallel()
	p := start(t, "-leak", "-traffic", "200", "-v")
	p.lines(troubledJob, `"in hand"`)
	p.Signal(syscall.SIGTERM)
	end := p.ends("0")
	wantMatch(t, end.Stderr, `"name":"temporary file of job \d+","site":"demo/worker.go:\d+".*"not closed by its owner"`)
	if n := strings.Count(end.Stderr, "not closed by its owner"); n != 1 {
		t.Errorf("got %d warnings of leaks, want 1", n)
	}
	p.wantNoFiles()
}

func TestNoTrouble_leavesNeitherWarningsNorFiles(t *testing.T) {
	t.Parallel()
	p := start(t, "-traffic", "200", "-v")
	p.lines(20, `"in hand"`)
	p.Signal(syscall.SIGTERM)
	end := p.ends("0")
	for _, level := range []string{"warn", "error"} {
		if strings.Contains(end.Stderr, `"level":"`+level) {
			t.Errorf("something was logged as %s", level)
		}
	}
	p.wantNoFiles()
}

func TestBadCall_isOneLineAndStatus2(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"-nonsense"}, {"extra"}, {"-workers", "0"}, {"-workers", "many"}, {"-traffic", "-1"}, {"-grace", "0"},
		{"-grace", "1s", "-drain", "1s"}, {"-stuck", "door"},
	} {
		end := launch(t, args...).ends("2")
		if strings.Count(end.Stderr, "\n") != 1 {
			t.Errorf("demo %q: got\n%swant one line", args, end.Stderr)
		}
		if end.Stdout != "" {
			t.Errorf("demo %q: got %q on standard output", args, end.Stdout)
		}
	}
}

func TestHelp_explainsEachFlag(t *testing.T) {
	t.Parallel()
	end := launch(t, "-h").ends("0")
	for _, name := range []string{"-addr", "-db", "-workers", "-traffic", "-grace", "-drain", "-stuck", "-panic", "-fatal", "-leak"} {
		wantMatch(t, end.Stdout, "(?m)^  "+name+"( .*)?$")
	}
}

func TestFailedStart_saysWhyAndEndsWithStatus1(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	db := sqliteFile(t)
	inUse := start(t, "-db", db, "-traffic", "0")
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-addr", taken.Addr().String()}, "address already in use"},
		{[]string{"-db", "/nonexistent/jobs.db"}, "database /nonexistent/jobs.db: unable to open"},
		{[]string{"-db", db}, "in use by another process"},
		{[]string{"-db", "postgres://demo:secret@" + taken.Addr().String() + "/x?connect_timeout=1"}, "demo:xxxxx@"},
	} {
		end := launch(t, c.args...).ends("1")
		wantSaid(t, end.Stderr, c.want)
		if strings.Contains(end.Stderr, "secret") {
			t.Errorf("demo %q: the password is in the log", c.args)
		}
	}
	inUse.Signal(syscall.SIGTERM)
	inUse.ends("0")
}

func wantMatch(t *testing.T, got, want string) {
	t.Helper()
	if !regexp.MustCompile(want).MatchString(got) {
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
