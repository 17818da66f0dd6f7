package main

import (
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Programs that many know, and what is known of them.
func TestKnownPrograms(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		args func(t *testing.T, port string) []string
		want map[string]verdict
		says map[string]string
	}{
		{"node", nodeBare, map[string]verdict{"sigterm": ok, "answered": bad, "process1": bad}, map[string]string{"answered": "5 of 5"}},
		{"node", nodeClose, map[string]verdict{"answered": ok, "silent": bad}, map[string]string{"silent": "silent connections keep it from ending"}},
		{"python3", pythonServer, map[string]verdict{"sigterm": ok, "answered": bad, "process1": bad}, map[string]string{"answered": "5 of 5"}},
		{
			"nginx", nginx, map[string]verdict{"sigterm": ok, "answered": bad, "killed": bad},
			map[string]string{"answered": "SIGQUIT does better", "killed": "still listening"},
		},
		{"redis-server", redis, map[string]verdict{"sigterm": ok, "ignored": bad, "process1": ok}, map[string]string{"ignored": "SIGINT ignored, it ended"}},
		{"postgres", postgres, map[string]verdict{"sigterm": ok, "silent": bad, "killed": ok}, map[string]string{"silent": "SIGINT does better"}},
	}
	var all sync.WaitGroup // not parallel subtests: they wait more than they work
	calls := make([]called, len(tests))
	for i, test := range tests {
		if _, err := exec.LookPath(test.name); err != nil {
			continue
		}
		only := strings.Join(slices.Collect(maps.Keys(test.want)), ",")
		args := append([]string{"-grace", "2s", "-only", only}, test.args(t, freePort(t))...)
		all.Go(func() { calls[i] = stopcheck(t, args...) })
	}
	all.Wait()
	for i, test := range tests {
		t.Run(fmt.Sprint(i, " ", test.name), func(t *testing.T) {
			if calls[i].Version == 0 {
				t.Skipf("%s is not installed: not tested with it", test.name)
			}
			calls[i].cameTo(t, test.want, test.says)
		})
	}
}

func (c called) cameTo(t *testing.T, verdicts map[string]verdict, says map[string]string) {
	t.Log(c.text)
	for _, r := range c.Checks {
		if r.Name == "process1" && cannotBeProcess1() != "" {
			continue
		}
		if want := verdicts[r.Name]; r.Verdict != want {
			t.Errorf("%s: %s, want %s", r.Name, r.Verdict, want)
		}
		if !strings.Contains(r.Seen, says[r.Name]) {
			t.Errorf("%s: seen %q, want %q in it", r.Name, r.Seen, says[r.Name])
		}
	}
	if len(c.Checks) != len(verdicts) {
		t.Errorf("%d checks were made, want %d", len(c.Checks), len(verdicts))
	}
}

func freePort(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

const nodeServer = `const s = require("http").createServer((q, r) => r.end("hello\n")).listen(`

func nodeBare(_ *testing.T, port string) []string {
	return []string{"--", "node", "-e", nodeServer + port + `)`}
}

func nodeClose(_ *testing.T, port string) []string {
	return []string{"--", "node", "-e", nodeServer + port + `); process.on("SIGTERM", () => s.close(() => process.exit(0)))`}
}

func pythonServer(t *testing.T, port string) []string {
	return []string{"-dir", t.TempDir(), "--", "python3", "-m", "http.server", "--bind", "127.0.0.1", port}
}

func redis(t *testing.T, port string) []string {
	return []string{"-dir", t.TempDir(), "--", "redis-server", "--port", port, "--save", ""}
}

func nginx(t *testing.T, port string) []string {
	dir := t.TempDir()
	conf := "daemon off; pid p; error_log stderr; worker_processes 1;\nevents {}\nhttp { access_log off;\n" +
		"client_body_temp_path b; proxy_temp_path x; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;\n" +
		"server { listen 127.0.0.1:" + port + "; location / { return 200 hello; } } }\n"
	if err := os.WriteFile(filepath.Join(dir, "n.conf"), []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"--", "nginx", "-e", "stderr", "-p", dir, "-c", "n.conf"}
}

// postgres makes a cluster. The server refuses to be root's.
func postgres(t *testing.T, port string) []string {
	dir, err := os.MkdirTemp("", "cluster")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	var as []string
	if os.Getuid() == 0 {
		as = []string{"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"}
		if err := os.Chown(dir, 65534, 65534); err != nil {
			t.Fatal(err)
		}
	}
	init := append(as, "initdb", "-D", dir, "-A", "trust", "-N")
	if out, err := exec.Command(init[0], init[1:]...).CombinedOutput(); err != nil {
		t.Skipf("no cluster can be made: %v\n%s", err, out)
	}
	server := append(as, "postgres", "-D", dir, "-p", port, "-k", "")
	return append([]string{"-ready", "ready to accept connections", "--"}, server...)
}

func TestDemoPassesEveryCheck(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	demo := filepath.Join(t.TempDir(), "demo")
	build := exec.Command("go", "build", "-o", demo, "./cmd/demo")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Skipf("the demo cannot be built here: %v\n%s", err, out)
	}
	c := stopcheck(t, "--", demo, "-addr", "127.0.0.1:0", "-db", "{dir}/jobs.db")
	t.Log(c.text)
	if got := c.with(bad, sometimes, unknown); len(got) > 0 || c.status != statusWell {
		t.Errorf("the demo did not do well in %v, status %d", got, c.status)
	}
}
