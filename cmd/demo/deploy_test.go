package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// Numbers are those by which a platform and the program must agree.
type numbers struct {
	limit  time.Duration // when the platform kills
	before time.Duration // how much of that is over when the signal comes
	grace  time.Duration
	drain  time.Duration
}

// margin is what the docs want to be left between the end of the grace and the
// limit.
func (n numbers) margin() time.Duration {
	if n.limit <= 10*time.Second {
		return time.Second
	}
	return 2 * time.Second
}

// check fails the test if n does not add up.
func (n numbers) check(t *testing.T) {
	t.Helper()
	if n.before+n.grace+n.margin() > n.limit {
		t.Errorf("%v before the signal, a grace of %v and a margin of %v are more than %v", n.before, n.grace, n.margin(), n.limit)
	}
	logger := zerolog.Nop()
	m := &shutdown.Manager{Grace: n.grace, Drain: n.drain, Signals: []os.Signal{}, Logger: &logger}
	m.Stop(nil)
	if err := m.Run(context.Background()); err != nil {
		t.Errorf("with a grace of %v and a drain of %v the program refuses to start: %v", n.grace, n.drain, err)
	}
}

// duration parses a Go duration, as SHUTDOWN_GRACE is parsed.
func duration(t *testing.T, text string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Error(err)
	}
	return d
}

// checkArgs fails the test if the demo does not understand args, or would make
// its own traffic.
func checkArgs(t *testing.T, args []string) settings {
	t.Helper()
	s, err := parse(args)
	if err != nil {
		t.Errorf("demo %q: %v", args, err)
	}
	if s.traffic != 0 {
		t.Errorf("demo %q makes %d jobs a second by itself, want none", args, s.traffic)
	}
	return s
}

// checkProbe fails the test if the demo does not answer 200 at path.
func checkProbe(t *testing.T, path string) {
	t.Helper()
	logger := zerolog.Nop()
	m := &shutdown.Manager{Signals: []os.Signal{}, Logger: &logger}
	var status int
	m.Go("probe", func(context.Context) error {
		w := httptest.NewRecorder()
		(&api{}).routes(m).ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		status = w.Code
		return nil
	})
	if err := m.Run(context.Background()); err != nil {
		t.Error(err)
	}
	if status != http.StatusOK {
		t.Errorf("GET %s answers %d while the program runs, want 200", path, status)
	}
}

// A table is one of a document in Markdown: its rows, the header first.
type table [][]string

// tables returns those of a document.
func tables(text string) (all []table) {
	inside := false
	for line := range strings.Lines(text) {
		line, isRow := strings.CutPrefix(strings.TrimSpace(line), "|")
		if isRow && !inside {
			all = append(all, nil)
		}
		inside = isRow
		cells := strings.Split(strings.TrimSuffix(line, "|"), "|")
		if !isRow || strings.Trim(cells[0], "-: ") == "" {
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		all[len(all)-1] = append(all[len(all)-1], cells)
	}
	return all
}

// deploying returns the table of docs/deploying.md that has a column for each
// of the numbers: by the first cell of each row, the others by their header.
func deploying(t *testing.T) map[string]map[string]string {
	t.Helper()
	text, err := os.ReadFile("../../docs/deploying.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables(string(text)) {
		header := table[0]
		if !slices.Contains(header, "limit") || !slices.Contains(header, "`SHUTDOWN_GRACE`") {
			continue
		}
		rows := map[string]map[string]string{}
		for _, cells := range table[1:] {
			row := map[string]string{}
			for i, cell := range cells {
				row[header[i]] = cell
			}
			rows[cells[0]] = row
		}
		return rows
	}
	t.Fatal("docs/deploying.md has no table with a column for the limit and one for SHUTDOWN_GRACE")
	return nil
}

// documented returns the numbers in a row of the table.
func documented(t *testing.T, row map[string]string) numbers {
	t.Helper()
	return numbers{
		limit:  duration(t, row["limit"]+"s"),
		before: duration(t, row["before"]+"s"),
		grace:  duration(t, row["`SHUTDOWN_GRACE`"]),
		drain:  duration(t, row["`SHUTDOWN_DRAIN`"]),
	}
}

func TestTheDocsAddUp(t *testing.T) {
	for name, row := range deploying(t) {
		t.Run(name, func(t *testing.T) {
			n := documented(t, row)
			n.check(t)
			if got, want := duration(t, row["left for requests"]+"s"), n.grace-n.grace/5-n.drain; got != want {
				t.Errorf("left for requests is %v, want %v", got, want)
			}
		})
	}
}

func TestDeployFilesAgreeWithTheDocs(t *testing.T) {
	rows := deploying(t)
	for name, got := range map[string]numbers{
		"Kubernetes":              readManifest(t)["Deployment"].numbers(t),
		"compose, behind a proxy": readCompose(t).numbers(t),
		"systemd":                 readUnit(t, unitFile).numbers(t),
	} {
		if rows[name] == nil {
			t.Errorf("docs/deploying.md has no row called %q", name)
		} else if want := documented(t, rows[name]); got != want {
			t.Errorf("%s: the file in deploy has %v, the docs say %v", name, got, want)
		}
	}
}
