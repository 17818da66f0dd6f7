//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
)

// called is what a call of stopcheck came to.
type called struct {
	report
	text   string // the same for people
	status int
}

func (c called) verdict(name string) verdict {
	for _, r := range c.Checks {
		if r.Name == name {
			return r.Verdict
		}
	}
	return "not made"
}

func (c called) with(all ...verdict) (names []string) {
	for _, r := range c.Checks {
		if slices.Contains(all, r.Verdict) {
			names = append(names, r.Name)
		}
	}
	return names
}

// stopcheck calls run for JSON.
func stopcheck(t *testing.T, args ...string) called {
	t.Helper()
	var out, text bytes.Buffer
	c := called{status: run(t.Context(), append([]string{"-format", "json"}, args...), &out, &text)}
	c.text = text.String()
	if err := json.Unmarshal(out.Bytes(), &c.report); err != nil {
		t.Fatalf("no JSON: %v; stderr:\n%s", err, c.text)
	}
	return c
}

// control returns the arguments that make the control server the program, with
// a fault.
func control(t *testing.T, fault string, flags ...string) []string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	flags = append(flags, "-env", faultVariable+"="+fault, "-env", "LOCK={dir}/lock",
		"-env", "GORACE=atexit_sleep_ms=0", // the race detector's second at the end is no time of ours
		"--", self, "127.0.0.1:{port}")
	return flags
}

func TestControlServerPassesEveryCheck(t *testing.T) {
	t.Parallel()
	c := stopcheck(t, control(t, "none")...)
	t.Log(c.text)
	if got := c.with(bad, sometimes, unknown, note); len(got) > 0 {
		t.Errorf("the control server did not do well in %v", got)
	}
	for _, name := range c.with(skipped) {
		if name != "process1" && canSeeProcesses {
			t.Errorf("%s was skipped", name)
		}
	}
	if c.status != statusWell {
		t.Errorf("status %d, want %d", c.status, statusWell)
	}
}

// neighbours are made together with the check under test: the fault must not
// show there.
func neighbours(i int) string {
	around := []string{checks[i].name}
	for _, j := range []int{i - 1, i + 1} {
		if j >= 0 && j < len(checks) && checks[j].name != "restart" {
			around = append(around, checks[j].name)
		}
	}
	return strings.Join(around, ",")
}

// reasons are words of each finding.
var reasons = map[string]string{
	"sigterm": "still running 2 s after SIGTERM", "sigint": "still running 2 s after SIGINT", "sighup": "serves no more",
	"status": "status 1: 1 for bash, failed for systemd, Error in Kubernetes", "answered": "5 of 5 requests in flight were cut off",
	"body": "5 of 5 requests at work were cut off", "keepalive": "5 of 5 requests on kept connections were cut off",
	"http2": "5 of 5 requests over HTTP/2 were cut off", "newcomers": "accepted and not answered", "idle": "3 idle kept connections keep it from ending",
	"silent": "3 silent connections keep it from ending", "insist": "three times Ctrl-C", "startup": "the signal was lost",
	"process1": "as process 1 it ignores SIGTERM", "ignored": "started with SIGINT ignored, it ended", "paused": "with a pause in the stop, were cut off",
	"spinning": "% of a processor", "pipe": "killed it by SIGPIPE", "full": "with its output full it does not end", "disk": "/dev/full as its output",
	"terminal": "its terminal was closed, and SIGTERM does not end it", "said": "it crashed in its stop", "children": "left behind after SIGTERM",
	"files": "1 left in TMPDIR", "killed": "left behind after kill -9", "restart": "it ended by itself",
}

func TestEachMutantFailsItsCheckAlone(t *testing.T) {
	if !canSeeProcesses {
		t.Skip("the mutants' ports are found on Linux only")
	}
	t.Parallel()
	atOnce := make(chan bool, 6) // they wait more than they work: more than there are processors
	var all sync.WaitGroup
	calls := make([]called, len(checks))
	for i, c := range checks {
		all.Go(func() {
			atOnce <- true
			calls[i] = stopcheck(t, control(t, c.name, "-grace", "2s", "-parallel", "1", "-only", neighbours(i))...)
			<-atOnce
		})
	}
	all.Wait()
	for i, c := range checks {
		t.Run(c.name, func(t *testing.T) { calls[i].failsAlone(t, c.name) })
	}
}

func (c called) failsAlone(t *testing.T, fault string) {
	if fault == "process1" && cannotBeProcess1() != "" {
		t.Skip(cannotBeProcess1())
	}
	t.Log(c.text)
	if got := c.with(bad); !slices.Equal(got, []string{fault}) {
		t.Fatalf("bad are %v, want %s alone", got, fault)
	}
	if got := c.with(sometimes, unknown); len(got) > 0 {
		t.Errorf("%v could not be judged", got)
	}
	i := slices.IndexFunc(c.Checks, func(r result) bool { return r.Name == fault })
	if r := c.Checks[i]; !strings.Contains(r.Seen, reasons[fault]) || r.Bad != repeats || r.Trials != repeats {
		t.Errorf("seen %q, %d of %d; want %q, 3 of 3", r.Seen, r.Bad, r.Trials, reasons[fault])
	}
	if c.status != statusBad {
		t.Errorf("status %d, want %d", c.status, statusBad)
	}
}
