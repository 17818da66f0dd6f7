//go:build linux

package guard_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown/guard"
)

func init() {
	programs["waits"] = func(dir string) {
		// Held open without O_CLOEXEC, as what is written in C does.
		fd := must(syscall.Open(filepath.Join(dir, "held"), syscall.O_CREAT|syscall.O_RDWR, 0o600))
		g := must(guard.Open(filepath.Join(dir, "guard"), guard.Helper()))
		must(g.Run("sh", "-c", "echo settled > told"))
		must(g.RemoveAll(filepath.Join(dir, "tree")))
		say("ready %d %d", guard.HelperPID(g), fd)
		forever()
	}
}

func startWaiting(t *testing.T) (p *process, dir string, helper int, told func()) {
	t.Helper()
	dir = t.TempDir()
	told = listen(t, filepath.Join(dir, "told"))
	ready := opened(t, filepath.Join(dir, "guard"), ".journal")
	p = start(t, "waits", dir)
	var fd int
	_, err := fmt.Sscan(p.await("ready"), &helper, &fd)
	check(t, err)
	ready()
	return p, dir, helper, told
}

// opened makes the directory dir, and returns what waits until a file whose name
// ends so is opened in it. A journal gets its name when it is open already, so
// that it is the helper who opens it, the last thing before it waits.
func opened(t *testing.T, dir, suffix string) (wait func()) {
	t.Helper()
	check(t, os.Mkdir(dir, 0o700))
	return watch(t, dir, suffix)
}

// watch returns what waits until a file whose name ends so is opened in dir.
func watch(t *testing.T, dir, suffix string) (wait func()) {
	t.Helper()
	fd, err := syscall.InotifyInit1(syscall.IN_CLOEXEC | syscall.IN_NONBLOCK)
	check(t, err)
	_, err = syscall.InotifyAddWatch(fd, dir, syscall.IN_OPEN)
	check(t, err)
	f := os.NewFile(uintptr(fd), "inotify")
	t.Cleanup(func() { f.Close() })
	if deadline, ok := t.Deadline(); ok {
		check(t, f.SetReadDeadline(deadline.Add(-time.Until(deadline)/20)))
	}
	return func() {
		t.Helper()
		for events := make([]byte, 4096); ; {
			n, err := f.Read(events)
			check(t, err)
			if bytes.Contains(events[:n], append([]byte(suffix), 0)) {
				return
			}
		}
	}
}

func TestHelper_outlivesWhatEndsThePrograms(t *testing.T) {
	t.Parallel()
	p, dir, helper, told := startWaiting(t)
	check(t, os.MkdirAll(filepath.Join(dir, "tree/a"), 0o700))
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		check(t, syscall.Kill(helper, sig)) // as systemd does, to every process of the unit
	}
	p.kill()
	told()
	if exists(filepath.Join(dir, "tree")) {
		t.Error("the tree is there")
	}
	awaitReaders(t, filepath.Join(dir, "guard"))
	noJournals(t, filepath.Join(dir, "guard"))
}

func TestHelper_holdsNothingOfTheProgram(t *testing.T) {
	t.Parallel()
	_, dir, helper, _ := startWaiting(t)
	proc := fmt.Sprintf("/proc/%d", helper)
	fds, err := os.ReadDir(proc + "/fd")
	check(t, err)
	for _, fd := range fds {
		file, err := os.Readlink(filepath.Join(proc, "fd", fd.Name()))
		check(t, err)
		if file != "/dev/null" && !strings.HasPrefix(file, filepath.Join(dir, "guard")+"/") {
			t.Errorf("descriptor %s is %s, want /dev/null or the journal", fd.Name(), file)
		}
	}
	if cwd, _ := os.Readlink(proc + "/cwd"); cwd != "/" {
		t.Errorf("the working directory is %s, want /", cwd)
	}
	if name, _ := os.ReadFile(proc + "/comm"); string(name) != "lastcall-guard\n" {
		t.Errorf("it is called %q, want lastcall-guard", name)
	}
	if session := session(t, helper); session != helper {
		t.Errorf("it is in session %d, want one of its own, %d", session, helper)
	}
}

func session(t *testing.T, pid int) int {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	check(t, err)
	_, fields, _ := strings.Cut(string(stat), ") ")
	sid, err := strconv.Atoi(strings.Fields(fields)[3])
	check(t, err)
	return sid
}

// What belongs to the helper alone: the pages of the program's file are shared.
func TestHelper_takesLittleMemory(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector takes more")
	}
	t.Parallel()
	_, _, helper, _ := startWaiting(t)
	rollup, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", helper))
	check(t, err)
	_, anonymous, _ := strings.Cut(string(rollup), "\nAnonymous:")
	var kB int
	_, err = fmt.Sscan(anonymous, &kB)
	check(t, err)
	most := 700
	if usesC(t) {
		most += 100 // the C library's, which is initialised before Go is
	}
	t.Logf("%d kB", kB)
	if kB > most {
		t.Errorf("the helper has %d kB of its own, want at most %d", kB, most)
	}
}

// usesC reports whether the test binary is linked with the C library.
func usesC(t *testing.T) bool {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/maps")
	check(t, err)
	return bytes.Contains(maps, []byte("libc"))
}

func TestClose_endsTheHelper(t *testing.T) {
	t.Parallel()
	g := openGuard(t, guard.Helper())
	helper := guard.HelperPID(g)
	check(t, g.Close())
	if err := syscall.Kill(helper, 0); err != syscall.ESRCH {
		t.Errorf("after Close, the helper is there: kill() = %v, want ESRCH", err)
	}
}

func TestHelper_waitsForTheCompactedJournal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	told := listen(t, filepath.Join(dir, "told"))
	p := start(t, "compacts", dir)
	p.await("ready")
	p.kill()
	told()
	if exists(filepath.Join(dir, "tree")) {
		t.Error("the tree, registered before the journal was compacted, is there")
	}
}

func init() {
	programs["compacts"] = func(dir string) {
		guard.CompactAbove(512)
		g := must(guard.Open(filepath.Join(dir, "guard"), guard.Helper()))
		must(g.Run("sh", "-c", "echo settled > told"))
		must(g.RemoveAll(filepath.Join(dir, "tree")))
		must(0, os.Mkdir(filepath.Join(dir, "tree"), 0o700))
		for range 200 {
			e := must(g.RemoveAll(filepath.Join(dir, "other")))
			must(0, e.Release())
		}
		say("ready")
		forever()
	}
}

func TestProcess1_isSettledByTheNextStart(t *testing.T) {
	t.Parallel()
	dir := newScene(t)
	p := startWith(t, "dies", dir, inNamespace(t), "DEATH=kill -9", "HELPER=1")
	if helper := p.await("ready"); helper != "0" {
		t.Errorf("process 1 has started the helper %s, want none: it would die with it", helper)
	}
	check(t, p.cmd.Process.Kill()) // and with it everything in the namespace
	p.ends(syscall.SIGKILL, 0)
	listen(t, filepath.Join(dir, "told")) // nobody waits for it
	settled(t, filepath.Join(dir, "guard"))
	for _, name := range []string{"file", "tree"} {
		if exists(filepath.Join(dir, name)) {
			t.Errorf("%s is there", name)
		}
	}
	noJournals(t, filepath.Join(dir, "guard"))
}

// In a helper, no package is initialised that imports more than syscall: this one
// would end it.
func init() {
	if _, isHelper := os.LookupEnv("LASTCALL_GUARD_HELPER"); isHelper {
		os.Exit(98)
	}
}

func init() {
	programs["is settled slowly"] = func(dir string) {
		must(0, os.Setenv("GOGC", "77"))
		g := must(guard.Open(filepath.Join(dir, "guard"), guard.Helper()))
		must(g.Run("sh", "-c", "echo begun > told; read gate < gate; echo $GOGC/$GOMAXPROCS > done"))
		say("ready")
		forever()
	}
}

// Otherwise the program would make again what the helper is about to remove.
func TestOpen_waitsForAReaderThatIsAtIt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	told := listen(t, filepath.Join(dir, "told"))
	check(t, syscall.Mkfifo(filepath.Join(dir, "gate"), 0o600))
	p := start(t, "is settled slowly", dir)
	p.await("ready")
	p.kill()
	told()
	looks := watch(t, filepath.Join(dir, "guard"), ".journal")
	go func() { // ends when Open has looked at the journal
		looks()
		_ = os.WriteFile(filepath.Join(dir, "gate"), []byte("open\n"), 0)
	}()
	g, err := guard.Open(filepath.Join(dir, "guard"))
	check(t, err)
	defer g.Close()
	done, err := os.ReadFile(filepath.Join(dir, "done"))
	if err != nil {
		t.Fatalf("Open() has returned before the helper was done: %v", err)
	}
	if got, want := string(done), "77/\n"; got != want {
		t.Errorf("the command had GOGC and GOMAXPROCS %q, want %q: those of the program", got, want)
	}
}
