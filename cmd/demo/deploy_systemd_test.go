package main

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A unit is a file of systemd's: by section and key, the values in their order.
type unit map[string]map[string][]string

func readUnit(t *testing.T, path string) unit {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	u, section := unit{}, ""
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		key, value, isValue := strings.Cut(line, "=")
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			section = strings.Trim(line, "[]")
			u[section] = map[string][]string{}
		case isValue && section != "":
			u[section][key] = append(u[section][key], value)
		default:
			t.Errorf("%s: what is %q?", path, line)
		}
	}
	return u
}

// one returns the only value of a key.
func (u unit) one(t *testing.T, section, key string) string {
	t.Helper()
	values := u[section][key]
	if len(values) != 1 {
		t.Fatalf("[%s] has %d values of %s, want 1", section, len(values), key)
	}
	return values[0]
}

// env returns the value of an environment variable.
func (u unit) env(name string) string {
	for _, assignment := range u["Service"]["Environment"] {
		if value, ok := strings.CutPrefix(assignment, name+"="); ok {
			return value
		}
	}
	return ""
}

const unitFile = "deploy/lastcall-demo.service"

func (u unit) numbers(t *testing.T) numbers {
	t.Helper()
	return numbers{
		limit: duration(t, u.one(t, "Service", "TimeoutStopSec")),
		grace: duration(t, u.env("SHUTDOWN_GRACE")),
		drain: duration(t, u.env("SHUTDOWN_DRAIN")),
	}
}

func TestUnit_addsUp(t *testing.T) {
	u := readUnit(t, unitFile)
	u.numbers(t).check(t)
	for key, want := range map[string]string{"Type": "notify", "KillMode": "mixed", "NotifyAccess": "main"} {
		if got := u.one(t, "Service", key); got != want {
			t.Errorf("%s = %q, want %q", key, got, want)
		}
	}
	if got, want := duration(t, u.one(t, "Service", "WatchdogSec")), 3*time.Second; got < want {
		t.Errorf("WatchdogSec = %v, want at least %v: one second for each ping", got, want)
	}
	checkArgs(t, strings.Fields(u.one(t, "Service", "ExecStart"))[1:])
}

// TestUnit_isUnderstoodBySystemd has systemd read the unit, with a program that
// exists in the place of the demo.
func TestUnit_isUnderstoodBySystemd(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed")
	}
	text, err := os.ReadFile(unitFile)
	if err != nil {
		t.Fatal(err)
	}
	program := strings.Fields(readUnit(t, unitFile).one(t, "Service", "ExecStart"))[0]
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), filepath.Base(unitFile))
	if err := os.WriteFile(path, bytes.ReplaceAll(text, []byte(program), []byte(self)), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(analyze, "verify", path).CombinedOutput()
	if err != nil || bytes.Contains(out, []byte(filepath.Base(unitFile))) {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
}
