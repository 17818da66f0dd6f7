//go:build linux || darwin || freebsd

package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed7e043c35/lastcall/shutdown/guard"
)

// failed is a directory with a clean-up that fails.
func failed(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "guard")
	g, err := guard.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Run("false"); err != nil {
		t.Fatal(err)
	}
	if err := g.Close(); err == nil {
		t.Fatal("Close() = nil, want the failure of false")
	}
	return dir
}

func TestRun(t *testing.T) {
	empty := t.TempDir()
	for name, c := range map[string]struct {
		args           []string
		status         int
		stdout, stderr string
	}{
		"nothing left":              {[]string{"settle", empty}, 0, "", ""},
		"nothing to list":           {[]string{"list", empty}, 0, "", ""},
		"a failure":                 {[]string{"settle", failed(t)}, 1, "", "exit status 1"},
		"a failure in the list":     {[]string{"list", failed(t)}, 0, "failed: ", ""},
		"help":                      {[]string{"-h"}, 0, "settle DIR", ""},
		"no directory":              {[]string{"settle", filepath.Join(empty, "none")}, 1, "", "no such file"},
		"no arguments":              {nil, 2, "", "want settle DIR"},
		"a word that is no command": {[]string{"remove", empty}, 2, "", "want settle DIR"},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			if got := run(c.args, &stdout, &stderr); got != c.status {
				t.Errorf("run(%q) = %d, want %d", c.args, got, c.status)
			}
			for _, o := range []struct{ name, got, want string }{
				{"standard output", stdout.String(), c.stdout}, {"standard error", stderr.String(), c.stderr},
			} {
				if o.want == "" && o.got != "" || !strings.Contains(o.got, o.want) {
					t.Errorf("%s is %q, want %q in it", o.name, o.got, o.want)
				}
			}
		})
	}
}
