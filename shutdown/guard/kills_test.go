//go:build linux || darwin || freebsd

package guard_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed7e043c35/lastcall/shutdown/guard"
)

var kills = flag.Int("kills", 60, "how often a busy program is killed, or ended, at a random moment")

func init() {
	programs["busy"] = func(dir string) {
		guard.CompactAbove(512) // all the time
		var opts []guard.Option
		if os.Getenv("HELPER") != "" {
			opts = append(opts, guard.Helper())
		}
		g := must(guard.Open(filepath.Join(dir, "guard"), opts...))
		over := make(chan struct{})
		for worker := range 4 {
			go func() { // ends with the process, or when it is told to
				for i := 0; ; i++ {
					select {
					case over <- struct{}{}:
						return
					default:
						makeKeepOrRemove(g, dir, fmt.Sprintf("%d.%d", worker, i), i%3)
					}
				}
			}()
		}
		if _, err := os.Stdin.Read(make([]byte, 1)); err == nil { // never, but to end well
			for range 4 {
				<-over
			}
			must(0, g.Close())
			os.Exit(0)
		}
		forever()
	}
}

// makeKeepOrRemove says what it is about to keep, and what it has kept.
func makeKeepOrRemove(g *guard.Guard, dir, name string, way int) {
	path := filepath.Join(dir, "work", name)
	e := must(g.RemoveAll(path))
	must(0, os.MkdirAll(filepath.Join(path, "a"), 0o700))
	must(0, os.WriteFile(filepath.Join(path, "a/b"), nil, 0o600))
	switch way {
	case 0:
		say("keeping %s", name)
		must(0, e.Release())
		say("kept %s", name)
	case 1:
		must(0, os.RemoveAll(path))
		must(0, e.Release())
		say("removed %s", name)
	case 2:
		must(0, e.Settle())
		say("removed %s", name)
	}
}

// Whatever the moment: what was not kept is gone, and what was kept is there.
// Every tenth program ends well, and then nothing is left to be done.
func TestKillsAtRandomMoments(t *testing.T) {
	t.Parallel()
	for n := range *kills {
		if !t.Run("", func(t *testing.T) { killOnce(t, n%2 == 0, n%10 == 9) }) {
			return
		}
	}
}

func killOnce(t *testing.T, helper, well bool) {
	dir := t.TempDir()
	check(t, os.Mkdir(filepath.Join(dir, "guard"), 0o700)) // it may be killed before its first line
	var env []string
	if helper {
		env = append(env, "HELPER=1")
	}
	p := startFed(t, "busy", dir, env...)
	said := map[string]string{}
	for range rand.IntN(60) {
		p.hear(said)
	}
	if well {
		_, err := p.stdin.Write([]byte("."))
		check(t, err)
	} else {
		check(t, p.cmd.Process.Kill())
	}
	for p.hear(said) {
	}
	_ = p.cmd.Wait()
	done := settled(t, filepath.Join(dir, "guard"))
	if well && len(done) > 0 {
		t.Errorf("after a good end, %q was done", done)
	}
	compare(t, said, filepath.Join(dir, "work"))
	noJournals(t, filepath.Join(dir, "guard"))
	if t.Failed() {
		t.Logf("it said %v", said)
	}
}

// hear notes one thing that the program says.
func (p *process) hear(said map[string]string) bool {
	p.t.Helper()
	if !p.lines.Scan() {
		check(p.t, p.lines.Err())
		return false
	}
	word, name, _ := strings.Cut(p.lines.Text(), " ")
	if word == "failed:" {
		p.t.Fatal(p.lines.Text())
	}
	said[name] = word
	return true
}

// compare compares what a program has said with what is there.
func compare(t *testing.T, said map[string]string, work string) {
	t.Helper()
	for name, word := range said {
		there := exists(filepath.Join(work, name, "a/b"))
		if word == "kept" && !there {
			t.Errorf("%s was kept, and is lost", name)
		}
		if word == "removed" && exists(filepath.Join(work, name)) {
			t.Errorf("%s was removed, and is there", name)
		}
		if word == "keeping" && !there && exists(filepath.Join(work, name)) {
			t.Errorf("of %s, which may have been kept, a part is there", name)
		}
	}
	files, err := os.ReadDir(work)
	if err != nil {
		return // it was killed before the first
	}
	for _, f := range files {
		if said[f.Name()] != "kept" && said[f.Name()] != "keeping" {
			t.Errorf("%s is left", f.Name())
		}
	}
}
