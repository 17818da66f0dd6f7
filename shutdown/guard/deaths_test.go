//go:build linux || darwin

package guard_test

import (
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown/guard"
)

// A death is a way to die. The program dies by itself, or the test kills it.
type death struct {
	itself func()
	kill   func(*process, int) error // with the number of the helper, or 0
	signal syscall.Signal            // that it dies by
	status int                       // if it dies by none
	alone  bool                      // the helper does not live to do anything
}

var deaths = map[string]death{
	"os.Exit":         {itself: func() { os.Exit(3) }, status: 3},
	"log.Fatal":       {itself: func() { log.Fatal("no way on") }, status: 1},
	"a foreign panic": {itself: func() { go panic("in a goroutine of somebody else"); forever() }, status: 2},
	"concurrent map writes": {itself: func() {
		for m := map[int]int{}; ; {
			go func() { // ends with the process
				for i := 0; ; i++ {
					m[i%64] = i
				}
			}()
		}
	}, status: 2},
	"a stack overflow":     {itself: func() { debug.SetMaxStack(1 << 20); fmt.Println(deeper(0)) }, status: 2},
	"RLIMIT_AS":            {itself: useUpMemory, status: 2},
	"kill -9":              {kill: sends(syscall.SIGKILL), signal: syscall.SIGKILL},
	"kill -9 of the group": {kill: func(p *process, _ int) error { return syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) }, signal: syscall.SIGKILL},
	"kill -9 of process and helper": {kill: func(p *process, helper int) error {
		var err error
		if helper != 0 {
			err = syscall.Kill(helper, syscall.SIGKILL)
		}
		return errors.Join(err, p.cmd.Process.Kill())
	}, signal: syscall.SIGKILL, alone: true},
	"SIGQUIT": {kill: sends(syscall.SIGQUIT), status: 2},
	"SIGABRT": {kill: sends(syscall.SIGABRT), status: 2},
}

func sends(sig syscall.Signal) func(*process, int) error {
	return func(p *process, _ int) error { return p.cmd.Process.Signal(sig) }
}

func deeper(n int) int {
	if n < 0 {
		return 0
	}
	return deeper(n+1) + 1
}

// useUpMemory asks for more than the address space may be.
func useUpMemory() {
	if err := syscall.Setrlimit(syscall.RLIMIT_AS, &syscall.Rlimit{Cur: 1 << 20, Max: 1 << 20}); err != nil {
		say("failed: %v", err)
	}
	for kept := [][]byte{}; ; {
		kept = append(kept, make([]byte, 64<<20))
	}
}

func init() {
	programs["dies"] = func(dir string) {
		var opts []guard.Option
		if os.Getenv("HELPER") != "" {
			opts = append(opts, guard.Helper())
		}
		g := must(guard.Open(filepath.Join(dir, "guard"), opts...))
		registerAll(g, dir)
		say("ready %d", guard.HelperPID(g))
		if die := deaths[os.Getenv("DEATH")].itself; die != nil {
			die()
		}
		forever()
	}
}

// registerAll registers one of each verb, and makes what they clean up. The last
// to be carried out tells the test that it was.
func registerAll(g *guard.Guard, dir string) {
	must(g.Run("sh", "-c", "echo settled > told"))
	must(g.Run("sh", "-c", "echo x >> ran"))
	must(g.Remove(filepath.Join(dir, "file")))
	must(g.RemoveAll(filepath.Join(dir, "tree")))
	must(0, os.WriteFile(filepath.Join(dir, "file"), nil, 0o600))
	must(0, os.MkdirAll(filepath.Join(dir, "tree/a/b"), 0o700))
	must(0, os.WriteFile(filepath.Join(dir, "tree/a/b/c"), nil, 0o600))
	must(0, os.Symlink(filepath.Join(dir, "kept"), filepath.Join(dir, "tree/link")))
	child := exec.Command("sleep", "3600")
	if runtime.GOOS == "linux" {
		must(g.EndGroup(child)) // before it is there
		must(0, child.Start())
	} else {
		child.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		must(0, child.Start())
		must(g.EndGroup(child))
	}
	must(0, os.WriteFile(filepath.Join(dir, "child"), []byte(strconv.Itoa(child.Process.Pid)), 0o600))
}

// Each way to die, with each reader: the helper, the next start, and both at
// the same time. The subtests are the verbs.
func TestEveryDeath(t *testing.T) {
	for name, d := range deaths {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if name == "concurrent map writes" && raceDetector {
				t.Skip("the race detector would be first")
			}
			for _, reader := range []string{"helper", "next start", "both"} {
				t.Run(reader, func(t *testing.T) { testDeath(t, name, d, reader) })
			}
		})
	}
}

func testDeath(t *testing.T, name string, d death, reader string) {
	dir := newScene(t)
	env := []string{"DEATH=" + name}
	if reader != "next start" {
		env = append(env, "HELPER=1")
	}
	told := listen(t, filepath.Join(dir, "told"))
	p := start(t, "dies", dir, env...)
	helper, err := strconv.Atoi(p.await("ready"))
	check(t, err)
	if d.kill != nil {
		check(t, d.kill(p, helper))
	}
	p.ends(d.signal, d.status)
	if reader == "helper" && !d.alone {
		told()
		awaitReaders(t, filepath.Join(dir, "guard"))
	} else {
		g, err := guard.Open(filepath.Join(dir, "guard"), guard.Tell(func(o guard.Outcome) {
			if o.Err != nil {
				t.Error(o)
			}
		}))
		check(t, err)
		check(t, g.Close())
	}
	verbsDone(t, dir)
	noJournals(t, filepath.Join(dir, "guard"))
}

// listen makes a named pipe, and returns what waits until somebody has written
// to it.
func listen(t *testing.T, path string) (wait func()) {
	check(t, syscall.Mkfifo(path, 0o600))
	f, err := os.OpenFile(path, os.O_RDWR, 0) // for writing, too: opening does not wait then
	check(t, err)
	if deadline, ok := t.Deadline(); ok {
		_ = f.SetReadDeadline(deadline.Add(-time.Until(deadline) / 20))
	}
	t.Cleanup(func() { f.Close() })
	return func() {
		t.Helper()
		_, err := f.Read(make([]byte, 64))
		check(t, err)
	}
}

// awaitReaders waits until nobody has a lock on a journal any more.
func awaitReaders(t *testing.T, dir string) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*"))
	check(t, err)
	for _, path := range paths {
		if f, err := os.Open(path); err == nil {
			check(t, syscall.Flock(int(f.Fd()), syscall.LOCK_EX))
			f.Close()
		}
	}
}

func verbsDone(t *testing.T, dir string) {
	t.Helper()
	t.Run("Remove", func(t *testing.T) {
		if exists(filepath.Join(dir, "file")) {
			t.Error("the file is there")
		}
	})
	t.Run("RemoveAll", func(t *testing.T) {
		if exists(filepath.Join(dir, "tree")) {
			t.Error("the tree is there")
		}
		if !exists(filepath.Join(dir, "kept/file")) {
			t.Error("what a link in the tree points to is gone")
		}
	})
	t.Run("EndGroup", func(t *testing.T) {
		pid, err := os.ReadFile(filepath.Join(dir, "child"))
		check(t, err)
		if runs(t, string(pid)) {
			t.Errorf("the child %s lives", pid)
		}
	})
	t.Run("Run", func(t *testing.T) {
		ran, err := os.ReadFile(filepath.Join(dir, "ran"))
		check(t, err)
		if got, want := string(ran), "x\n"; got != want {
			t.Errorf("the command has written %q, want %q: it ran once", got, want)
		}
	})
}
