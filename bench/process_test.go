package bench_test

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/seed7e043c35/lastcall/bench/programs/serving/inflight"
)

var (
	programs = flag.String("programs", "", "the `directory` that the programs are built in, if they are not there (default a temporary one)")
	round    = flag.Int("round", 0, "which of a series of runs this is; varies when the requests in flight end")
)

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(func() int {
		if *programs == "" {
			dir, err := os.MkdirTemp("", "bench")
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				return 1
			}
			defer os.RemoveAll(dir)
			*programs = dir
		}
		return m.Run()
	}())
}

// built returns the path of a program, which it builds unless that has been
// done.
func built(b *testing.B, kind, impl string) string {
	b.Helper()
	path := filepath.Join(*programs, kind+"-"+impl)
	if _, err := os.Stat(path); err == nil {
		return path
	}
	out, err := exec.Command("go", "build", "-o", path, "./programs/"+kind+"/"+impl).CombinedOutput()
	if err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return path
}

// A process is a program that has been started and is ready.
type process struct {
	b     *testing.B
	cmd   *exec.Cmd
	in    io.Closer
	lines *bufio.Scanner // of its standard output
	word  string         // that it said when it was ready
	took  time.Duration  // to be ready
}

func start(b *testing.B, path string) *process {
	p := &process{b: b, cmd: exec.Command(path)}
	in, err := p.cmd.StdinPipe()
	check(b, err)
	out, err := p.cmd.StdoutPipe()
	check(b, err)
	p.in, p.lines = in, bufio.NewScanner(out)
	began := time.Now()
	check(b, p.cmd.Start())
	p.word = strings.TrimPrefix(p.line(), "ready ")
	p.took = time.Since(began)
	return p
}

func (p *process) line() string {
	if !p.lines.Scan() {
		p.b.Fatalf("%s: it has ended: %v", p.cmd.Path, p.cmd.Wait())
	}
	return p.lines.Text()
}

// terminate sends SIGTERM and returns how long it took until the process was
// gone.
func (p *process) terminate() time.Duration {
	began := time.Now()
	check(p.b, p.cmd.Process.Signal(syscall.SIGTERM))
	_ = p.cmd.Wait() // programs differ in how they end
	return time.Since(began)
}

var idlePrograms = []string{"lastcall", "recipe", "fx", "suture", "nothing"}

// BenchmarkIdleStop is the time from SIGTERM until an idle program is gone.
func BenchmarkIdleStop(b *testing.B) {
	for _, impl := range idlePrograms {
		b.Run("impl="+impl, func(b *testing.B) {
			path := built(b, "idle", impl)
			medianTime(b, func() time.Duration {
				p := start(b, path)
				p.line() // what it costs
				return p.terminate()
			})
		})
	}
}

// BenchmarkIdleCost is the time from the start of a program until it is ready,
// and what it takes while it is idle: goroutines, memory, and the size of its
// binary.
func BenchmarkIdleCost(b *testing.B) {
	for _, impl := range idlePrograms {
		b.Run("impl="+impl, func(b *testing.B) {
			path := built(b, "idle", impl)
			var goroutines, bytes float64
			medianTime(b, func() time.Duration {
				p := start(b, path)
				_, err := fmt.Sscan(p.line(), &goroutines, &bytes)
				check(b, err)
				p.terminate()
				return p.took
			})
			binary, err := os.Stat(path)
			check(b, err)
			b.ReportMetric(goroutines, "goroutines")
			b.ReportMetric(bytes, "live-B")
			b.ReportMetric(float64(binary.Size()), "binary-B")
		})
	}
}

// BenchmarkInFlightStop is the time from SIGTERM until a program is gone that
// has 1,000 requests in flight. They end all at once, between 0.1 and 0.68 s
// after the signal, depending on the round; after-ns/op is the time from then.
func BenchmarkInFlightStop(b *testing.B) {
	endAfter := 100*time.Millisecond + time.Duration(*round%30)*20*time.Millisecond
	for _, impl := range []string{"lastcall", "recipe", "fx", "suture"} {
		b.Run("impl="+impl, func(b *testing.B) {
			path := built(b, "serving", impl)
			var after []float64
			var lost int64
			medianTime(b, func() time.Duration {
				p := start(b, path)
				p.line() // what it costs
				answered := p.request(inflight.Requests)
				p.line() // they are in flight
				time.AfterFunc(endAfter, func() { _ = p.in.Close() })
				took := p.terminate()
				lost += inflight.Requests - answered()
				after = append(after, float64(took-endAfter))
				return took
			})
			b.ReportMetric(median(after), "after-ns/op")
			b.ReportMetric(float64(lost)/float64(b.N), "lost/op")
		})
	}
}

// request begins n requests, on a connection each. The function that it returns
// waits for their ends and says how many were answered.
func (p *process) request(n int) (wait func() (answered int64)) {
	var ended sync.WaitGroup
	var answered atomic.Int64
	for range n {
		conn, err := net.Dial("tcp", p.word)
		check(p.b, err)
		_, err = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
		check(p.b, err)
		ended.Go(func() { // ends with the process, at the latest
			defer conn.Close()
			if answers(conn) {
				answered.Add(1)
			}
		})
	}
	return func() int64 {
		ended.Wait()
		return answered.Load()
	}
}

// answers reports whether a whole response comes from conn.
func answers(conn net.Conn) bool {
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return false
	}
	body, err := io.ReadAll(resp.Body)
	return err == nil && string(body) == "done\n"
}
