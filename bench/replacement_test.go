package bench_test

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// BenchmarkReplacement is how many requests are lost when a server is replaced
// under load, by clients that repeat nothing: directly, on one port, and by the
// demo's replicas behind nginx. The demo's own tests do it, and say what they
// have seen.
func BenchmarkReplacement(b *testing.B) {
	for _, s := range []struct{ in, impl, test string }{
		{"directly", "lastcall", "TestRawClients/with_lastcall_and_a_drain"},
		{"directly", "lastcall-without-drain", "TestRawClients/with_lastcall$"},
		{"directly", "http.Server.Shutdown", "TestRawClients/with_Server.Shutdown_alone"},
		{"nginx", "lastcall", "TestRollingRestart_fails/nginx/with_lastcall"},
		{"nginx", "recipe", "TestRollingRestart_fails/nginx/with_the_plain_recipe"},
	} {
		b.Run("behind="+s.in+"/impl="+s.impl, func(b *testing.B) {
			var lost float64
			for b.Loop() {
				lost += lostByReplacement(b, s.test)
			}
			b.ReportMetric(lost/float64(b.N), "lost/replacement")
		})
	}
}

// aReplacement is what the tests say: 0.5 a replacement.
var aReplacement = regexp.MustCompile(`([\d.]+) a replacement`)

// lostByReplacement runs a test of the demo and returns what it says.
func lostByReplacement(b *testing.B, test string) (lost float64) {
	cmd := exec.Command(demoTests(b), "-test.run", test, "-test.v", "-raw", "20000")
	cmd.Dir = demo
	out, err := cmd.CombinedOutput()
	if strings.Contains(string(out), "--- SKIP") {
		b.Skip(whyNot.FindString(string(out)))
	}
	said := aReplacement.FindAllSubmatch(out, -1)
	if err != nil || said == nil {
		b.Fatalf("%s: %v\n%s", cmd, err, out)
	}
	for _, number := range said {
		n, err := strconv.ParseFloat(string(number[1]), 64)
		check(b, err)
		lost += n
	}
	return lost
}

const demo = "../cmd/demo"

// whyNot is the line in which a test says what it lacks.
var whyNot = regexp.MustCompile(`\w+_test\.go:\d+: .*`)

// demoTests returns the path of the demo's tests, which it builds unless that has
// been done.
func demoTests(b *testing.B) string {
	b.Helper()
	path, err := filepath.Abs(filepath.Join(*programs, "demo.test"))
	check(b, err)
	cmd := exec.Command("go", "test", "-c", "-o", path, ".")
	cmd.Dir = demo
	buildOnce(b, path, cmd)
	return path
}
