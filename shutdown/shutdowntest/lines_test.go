package shutdowntest

import (
	"bytes"
	"strings"
	"testing"
)

// fits returns a search for a whole line with text in it.
func searchFor(text string) *search {
	return &search{fits: func(l *line) bool { return l.whole && bytes.Contains(l.text, []byte(text)) }}
}

func TestSearch_looksAgainAtWhatHadNoEnd(t *testing.T) {
	var ls lines
	s := searchFor("ready")
	ls.add(1, []byte("not rea"))
	ls.add(0, []byte("other\n"))
	if got := s.next(&ls); got != nil {
		t.Errorf("the search found %q, want nothing", got.text)
	}
	ls.add(1, []byte("dy\nready, too"))
	if got := s.next(&ls); got == nil || string(got.text) != "not ready" {
		t.Errorf("the search found %v, want the line that was begun first", got)
	}
	ls.kept[0].taken = true
	ls.end()
	if got := s.next(&ls); got == nil || string(got.text) != "ready, too" {
		t.Errorf("the search found %v, want the last line, which has no end", got)
	}
}

func TestSearch_looksAtEachLineOnce(t *testing.T) {
	var ls lines
	looked := 0
	s := &search{fits: func(*line) bool { looked++; return false }}
	const n = 1000
	for range n {
		ls.add(0, []byte("line\n"))
		s.next(&ls)
	}
	if looked != n {
		t.Errorf("the search looked %d times at %d lines, want once at each", looked, n)
	}
}

func TestOutputWithoutMeasure_isKeptToItsNewestPart(t *testing.T) {
	for name, ends := range map[string]string{"in lines": "\n", "in one line": ""} {
		t.Run(name, func(t *testing.T) {
			var ls lines
			ls.add(1, []byte("question? ")) // is still open at the end
			megabyte := []byte(strings.Repeat("x", 1<<20) + ends)
			for range outputKept>>20 + 10 {
				ls.add(0, megabyte)
			}
			ls.add(0, []byte("the last\n"))
			stdout, stderr, all := ls.texts()
			if len(stdout) > outputKept || len(stdout) < outputKept/4 || len(all) > outputKept+100 {
				t.Errorf("%d and %d bytes are kept, want at most %d", len(stdout), len(all), outputKept)
			}
			if !strings.HasPrefix(stdout, "[… ") || !strings.HasSuffix(stdout, "the last\n") {
				t.Errorf("the output is %.20q…%q, want how much is missing, and its end", stdout, stdout[len(stdout)-20:])
			}
			if stderr != "question? " {
				t.Errorf("the other stream is %q, want all of it", stderr)
			}
			if got := searchFor("the last").next(&ls); got == nil {
				t.Error("a search does not find the last line")
			}
		})
	}
}
