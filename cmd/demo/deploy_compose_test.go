package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"
)

// A project is a compose file, as far as this test asks.
type project struct {
	Services map[string]struct {
		Command         []string          `yaml:"command"`
		Environment     map[string]string `yaml:"environment"`
		StopGracePeriod string            `yaml:"stop_grace_period"`
		DependsOn       yaml.Node         `yaml:"depends_on"`
		Deploy          struct {
			Replicas int `yaml:"replicas"`
		} `yaml:"deploy"`
	} `yaml:"services"`
	Configs map[string]struct {
		Content string `yaml:"content"`
	} `yaml:"configs"`
}

func readCompose(t *testing.T) project {
	t.Helper()
	text, err := os.ReadFile("deploy/compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var p project
	if err := yaml.Unmarshal(text, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p project) numbers(t *testing.T) numbers {
	t.Helper()
	demo := p.Services["demo"]
	return numbers{
		limit: duration(t, demo.StopGracePeriod),
		grace: duration(t, demo.Environment["SHUTDOWN_GRACE"]),
		drain: duration(t, demo.Environment["SHUTDOWN_DRAIN"]),
	}
}

func TestCompose_addsUp(t *testing.T) {
	p := readCompose(t)
	p.numbers(t).check(t)
	demo := p.Services["demo"]
	if demo.Deploy.Replicas != 2 {
		t.Errorf("%d replicas, want 2", demo.Deploy.Replicas)
	}
	if s := checkArgs(t, demo.Command); s.addr != ":8080" || !strings.HasPrefix(s.db, "postgres://") {
		t.Errorf("the demo is given -addr %q -db %q, want :8080 and a PostgreSQL database", s.addr, s.db)
	}
	var before map[string]struct {
		Condition string `yaml:"condition"`
	}
	if err := demo.DependsOn.Decode(&before); err != nil || before["postgres"].Condition == "" {
		t.Errorf("the demo depends on %v (%v), want postgres: it is stopped after it then", before, err)
	}
}

// directives returns, of HAProxy's configuration in p, the words of each line.
func (p project) directives() (lines [][]string) {
	for line := range strings.Lines(p.Configs["haproxy"].Content) {
		line, _, _ = strings.Cut(line, "#")
		if words := strings.Fields(line); len(words) > 0 {
			lines = append(lines, words)
		}
	}
	return lines
}

func TestCompose_drainIsLongEnoughForHAProxy(t *testing.T) {
	p := readCompose(t)
	var every time.Duration
	var fall int
	for _, words := range p.directives() {
		switch {
		case slices.Equal(words[:min(2, len(words))], []string{"option", "httpchk"}):
			checkProbe(t, words[3])
			if words[3] != "/readyz" {
				t.Errorf("HAProxy asks %s, want /readyz", words[3])
			}
		case words[0] == "server-template":
			every = duration(t, words[slices.Index(words, "inter")+1])
			fall, _ = strconv.Atoi(words[slices.Index(words, "fall")+1])
			if got := words[2]; got != strconv.Itoa(p.Services["demo"].Deploy.Replicas) {
				t.Errorf("HAProxy knows %s replicas, want all of them", got)
			}
		}
	}
	if notices := every * time.Duration(fall); notices == 0 || p.numbers(t).drain < 2*notices {
		t.Errorf("HAProxy turns away after %v and the drain is %v, want at least twice that", notices, p.numbers(t).drain)
	}
}

func TestCompose_isUnderstoodByHAProxy(t *testing.T) {
	haproxy, err := exec.LookPath("haproxy")
	if err != nil {
		t.Skip("haproxy is not installed")
	}
	path := filepath.Join(t.TempDir(), "haproxy.cfg")
	if err := os.WriteFile(path, []byte(readCompose(t).Configs["haproxy"].Content), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(haproxy, "-c", "-q", "-f", path).CombinedOutput(); err != nil {
		t.Errorf("haproxy -c: %v\n%s", err, out)
	}
}
