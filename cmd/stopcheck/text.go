//go:build unix

package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

const (
	width  = 98 // columns, at most; commands may be longer: they are there to be copied
	indent = "                      "
)

// text is the format for people: each result as it comes, and on a terminal
// what is being tried.
type text struct {
	mu       sync.Mutex
	s        settings
	out      io.Writer
	progress io.Writer // nil: nobody watches
	colour   bool
	total    int
	done     int
	began    time.Time
	now      []string // checks under way
}

func newText(s settings, out, stderr io.Writer) *text {
	t := &text{s: s, out: out, total: len(chosen(checks, s)), began: time.Now()}
	if s.image != "" {
		t.total = len(chosen(imageChecks, s))
	}
	if isTerminal(stderr) {
		t.progress = stderr
	}
	t.colour = isTerminal(out) && os.Getenv("NO_COLOR") == ""
	name := strings.Join(s.command, " ")
	if s.image != "" {
		name = "image " + s.image
	}
	fmt.Fprintf(out, "stopcheck %s\n", name)
	t.show("looking at it")
	return t
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && f.Name() != os.DevNull
}

func (t *text) looked(l *looked) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.clear()
	fmt.Fprintf(t.out, "%s\n\n", l)
}

// busy shows the check that is under way.
func (t *text) busy(check string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.now = append(t.now, check)
	t.show(strings.Join(t.now, ", "))
}

func (t *text) show(what string) {
	if t.progress != nil {
		fmt.Fprintf(t.progress, "\r\033[K  %d of %d · %.0f s · %s", t.done, t.total, time.Since(t.began).Seconds(), what)
	}
}

func (t *text) clear() {
	if t.progress != nil {
		fmt.Fprint(t.progress, "\r\033[K")
	}
}

func (t *text) found(r result) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.clear()
	t.done++
	for i, name := range t.now {
		if name == r.Name {
			t.now = append(t.now[:i], t.now[i+1:]...)
			break
		}
	}
	t.write(r)
	if t.done < t.total {
		t.show(strings.Join(t.now, ", "))
	}
}

func (t *text) write(r result) {
	fmt.Fprintf(t.out, "%s  %-9s  %s\n", t.painted(r.Verdict), r.Name, wrap(r.Seen))
	switch r.Verdict {
	case bad, sometimes:
		fmt.Fprintf(t.out, "%s%s\n", indent, wrap(r.Why))
		fmt.Fprintf(t.out, "%s%s\n", indent, t.paint("2", "$ "+r.Again))
	}
}

var colours = map[verdict]string{ok: "32", note: "33", bad: "1;31", sometimes: "1;31", unknown: "35", skipped: "2"}

func (t *text) painted(v verdict) string {
	word := string(v)
	if v == bad || v == sometimes {
		word = strings.ToUpper(word)
	}
	return t.paint(colours[v], word) + strings.Repeat(" ", len(sometimes)-len(word)) // the longest word
}

func (t *text) paint(colour, s string) string {
	if !t.colour {
		return s
	}
	return "\033[" + colour + "m" + s + "\033[0m"
}

// wrap breaks a sentence into lines that begin below each other.
func wrap(s string) string {
	var b strings.Builder
	column := len(indent)
	for i, word := range strings.Fields(s) {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case column+1+n > width:
			b.WriteString("\n" + indent)
			column = len(indent)
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += n
	}
	return b.String()
}

func (t *text) end(r *report) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.clear()
	if r.Refused != "" {
		_, err := fmt.Fprintf(t.out, "\nnot judged: %s\n", r.Refused)
		if len(r.Checks) == 0 {
			return err
		}
	}
	fmt.Fprintf(t.out, "\n%s, in %.1f s\n\nNobody can see from outside\n  - %s\n", r.counts(), float64(r.TookMillis)/1000,
		strings.Join(r.CannotShow, "\n  - "))
	if r.anyBad() {
		fmt.Fprint(t.out, "\nA library that ends programs well mends much of this; for Go, one is lastcall.\n")
	}
	return nil
}
