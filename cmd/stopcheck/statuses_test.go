//go:build unix

package main

import (
	"bytes"
	"encoding/xml"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestProgramThatEndsByItselfIsNotJudged(t *testing.T) {
	t.Parallel()
	if !canSeeProcesses {
		t.Skip("without -ready only Linux shows when a program is up")
	}
	c := stopcheck(t, control(t, "ends")...)
	if c.status != statusUnknown || !strings.Contains(c.Refused, "ended by itself") || len(c.Checks) > 0 {
		t.Errorf("status %d, refused %q, %d checks; want %d, ended by itself, none", c.status, c.Refused, len(c.Checks), statusUnknown)
	}
}

func TestProgramThatDoesNotComeUpIsNotJudged(t *testing.T) {
	t.Parallel()
	c := stopcheck(t, control(t, "none", "-ready", "never said", "-start", "1s")...)
	if c.status != statusUnknown || !strings.Contains(c.Refused, "did not come up") {
		t.Errorf("status %d, refused %q; want %d, did not come up", c.status, c.Refused, statusUnknown)
	}
}

func TestSomebodyElsesServerIsNotJudged(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	c := stopcheck(t, "-ready", port, "--", "sleep", "60")
	if c.status != statusUnknown || !strings.Contains(c.Refused, "before the program is started") {
		t.Errorf("status %d, refused %q; want %d, before the program is started", c.status, c.Refused, statusUnknown)
	}
}

func TestWrongCallsHaveStatus2(t *testing.T) {
	for _, call := range []string{"", "-nope -- true", "-format pdf -- true", "-require nothing -- true", "-grace 1ms -- true",
		"-url ftp://x -- true", "-image a -- true", "-parallel -1 -- true"} {
		var out, errs bytes.Buffer
		if status := run(t.Context(), strings.Fields(call), &out, &errs); status != statusUsage {
			t.Errorf("stopcheck %s: status %d, want %d", call, status, statusUsage)
		}
		if got := strings.Count(errs.String(), "\n"); got != 1 {
			t.Errorf("stopcheck %s: %d lines %q, want 1", call, got, errs.String())
		}
	}
}

func TestBadVerdictThatIsNotRepeatedIsSometimes(t *testing.T) {
	t.Parallel()
	if !canSeeProcesses {
		t.Skip("the server's port is found on Linux only")
	}
	mood := "MOOD=" + filepath.Join(t.TempDir(), "mood")
	c := stopcheck(t, control(t, "moody", "-only", "status", "-env", mood)...)
	if len(c.Checks) != 1 || c.Checks[0].Verdict != sometimes || c.Checks[0].Bad != 1 || c.Checks[0].Trials != repeats {
		t.Errorf("%+v; want sometimes, 1 of 3", c.Checks)
	}
	if c.status != statusBad {
		t.Errorf("status %d, want %d", c.status, statusBad)
	}
}

func TestFailureOfOurOwnClientIsNotHeldAgainstTheProgram(t *testing.T) {
	tr := &trial{sig: syscall.SIGTERM}
	lost := failed(&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.EADDRNOTAVAIL)})
	if got := tr.judgeFates("requests", []fate{{answered: true}, lost}, time.Now()); got.verdict != unknown {
		t.Errorf("%s: %q, want %s", got.verdict, got.seen, unknown)
	}
	if got := tr.judgeFates("requests", []fate{{answered: true}, failed(syscall.ECONNRESET)}, time.Now()); got.verdict != bad {
		t.Errorf("a reset: %s: %q, want %s", got.verdict, got.seen, bad)
	}
}

func TestStatusOfAReport(t *testing.T) {
	yes, no := true, false
	tests := map[string]struct {
		checks   []result
		required []string
		want     int
	}{
		"all well":                      {checks: []result{{Verdict: ok, Decides: yes}, {Verdict: note, Decides: yes}}},
		"skipped besides":               {checks: []result{{Verdict: ok, Decides: yes}, {Verdict: skipped, Decides: yes}}},
		"one bad":                       {checks: []result{{Verdict: ok, Decides: yes}, {Verdict: bad, Decides: yes}}, want: statusBad},
		"bad now and then":              {checks: []result{{Verdict: sometimes, Decides: yes}}, want: statusBad},
		"one unknown":                   {checks: []result{{Verdict: ok, Decides: yes}, {Verdict: unknown, Decides: yes}}, want: statusUnknown},
		"bad outweighs unknown":         {checks: []result{{Verdict: unknown, Decides: yes}, {Verdict: bad, Decides: yes}}, want: statusBad},
		"bad, but it does not decide":   {checks: []result{{Verdict: bad, Decides: no}, {Name: "a", Verdict: ok, Decides: yes}}, required: []string{"a"}},
		"what is required was skipped":  {checks: []result{{Name: "a", Verdict: skipped, Decides: yes}, {Verdict: ok}}, required: []string{"a"}, want: statusUnknown},
		"what is required was not made": {checks: []result{{Verdict: ok}}, required: []string{"a"}, want: statusUnknown},
		"nothing was judged":            {checks: []result{{Verdict: skipped, Decides: yes}}, want: statusUnknown},
	}
	for name, test := range tests {
		r := &report{Checks: test.checks, required: test.required}
		if r.conclude(nil); r.Status != test.want {
			t.Errorf("%s: status %d, want %d", name, r.Status, test.want)
		}
	}
}

func TestFormatsForMachines(t *testing.T) {
	r := &report{Checks: []result{
		{Name: "answered", Verdict: bad, Seen: "5 of 5 < lost", Why: "users\nsee it", Again: "kill -TERM $pid & 100%", Decides: true},
		{Name: "http2", Verdict: skipped, Seen: "it does not speak HTTP/2", Decides: true},
		{Name: "files", Verdict: ok, Seen: "nothing is left", Decides: true},
	}}
	var junit, github bytes.Buffer
	if err := writeJUnit(&junit, r); err != nil {
		t.Fatal(err)
	}
	var s suite
	if err := xml.Unmarshal(junit.Bytes(), &s); err != nil || s.Tests != 3 || s.Failures != 1 || s.Skipped != 1 {
		t.Errorf("%v, %d tests, %d failures, %d skipped; want nil, 3, 1, 1:\n%s", err, s.Tests, s.Failures, s.Skipped, &junit)
	}
	if err := writeGitHub(&github, r); err != nil {
		t.Fatal(err)
	}
	want := "::error title=stopcheck answered::5 of 5 < lost%0Ausers%0Asee it%0Akill -TERM $pid & 100%25\n"
	if got := github.String(); !strings.HasPrefix(got, want) {
		t.Errorf("GitHub's is %q, want %q first", got, want)
	}
}

// TestEveryRecipeIsShell has bash read what is to be typed.
func TestEveryRecipeIsShell(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("bash is not installed")
	}
	seen := &looked{target: &target{addr: "127.0.0.1:8080", host: "localhost:8080", path: "/a?b=c&d", method: "GET"}}
	s := settings{command: []string{"./a server", "-x", "it's", "{dir}/y"}, env: []string{"A=b c"}, dir: "/a b"}
	for _, c := range checks {
		text := recipe(c.again, c.name, s, seen)
		if out, err := exec.Command(bash, "-n", "-c", text).CombinedOutput(); err != nil {
			t.Errorf("%s: %s\n%s", c.name, out, text)
		}
		if i := strings.Index(text, "{"); i >= 0 && !strings.Contains(text, "{ ") && !strings.Contains(text, "%{http_code}") {
			t.Errorf("%s: something is not filled in: %s", c.name, text)
		}
	}
}

// TestImage_isJudgedThroughTheEngine has a script stand for docker.
func TestImage_isJudgedThroughTheEngine(t *testing.T) {
	dir := t.TempDir()
	script := `#!/bin/sh
case "$*" in
*Running*) echo true ;;
*StopSignal*) echo SIGQUIT ;;
*Entrypoint*) echo '["/bin/sh","-c","server"] null' ;;
*ExitCode*) echo 137 ;;
top*) printf 'PID CMD\n1 sh\n2 server\n' ;;
run*) echo 4711 ;;
esac
`
	if err := os.WriteFile(filepath.Join(dir, "docker"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	c := stopcheck(t, "-image", "web:1", "-start", "10ms", "-only", "stopsignal,shell,dockerstop")
	want := map[string]verdict{"stopsignal": ok, "shell": bad, "dockerstop": bad}
	for name, v := range want {
		if got := c.verdict(name); got != v {
			t.Errorf("%s is %s, want %s", name, got, v)
		}
	}
	if c.status != statusBad {
		t.Errorf("status %d, want %d", c.status, statusBad)
	}
}
