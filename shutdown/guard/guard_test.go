//go:build linux || darwin || freebsd

package guard_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/guard"
)

func TestRegister_refusesWhatWouldBeAMistake(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	g, err := guard.Open(filepath.Join(dir, "guard"))
	check(t, err)
	defer g.Close()
	shared := exec.Command("sleep", "3600")
	check(t, shared.Start())
	defer func() { _ = shared.Process.Kill(); _ = shared.Wait() }()
	for name, c := range map[string]guard.Cleanup{
		"a relative path":             guard.RemoveAll("work"),
		"an empty path":               guard.Remove(""),
		"the root":                    guard.RemoveAll("/"),
		"the root, in other words":    guard.RemoveAll("/tmp/.."),
		"a path with a zero byte":     guard.Remove("/tmp/a\x00b"),
		"the journal's own directory": guard.RemoveAll(filepath.Join(dir, "guard")),
		"what that is in":             guard.RemoveAll(dir),
		"a command that is not there": guard.Run("no-such-command-anywhere"),
		"a child in our own group":    guard.EndGroup(shared),
		"the zero Cleanup":            {},
	} {
		if e, err := g.Register(c); err == nil {
			t.Errorf("Register(%s) = %v, nil, want an error", name, e)
		}
	}
	if _, err := os.Stat("/proc/self"); err == nil {
		if _, err := g.RemoveAll("/proc"); err == nil {
			t.Error("RemoveAll(/proc) = nil, want an error: it is the root of a file system")
		}
	}
}

func TestClose_carriesOutWhatIsLeftNewestFirst(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	g, err := guard.Open(filepath.Join(dir, "guard"))
	check(t, err)
	for _, word := range []string{"oldest", "middle", "newest"} {
		_, err := g.Run("sh", "-c", "echo "+word+" >> "+filepath.Join(dir, "said"))
		check(t, err)
	}
	check(t, g.Close())
	said, err := os.ReadFile(filepath.Join(dir, "said"))
	check(t, err)
	if got, want := string(said), "newest\nmiddle\noldest\n"; got != want {
		t.Errorf("Close() ran %q, want %q", got, want)
	}
	noJournals(t, filepath.Join(dir, "guard"))
	if err := g.Close(); err != nil {
		t.Errorf("the second Close() = %v, want nil", err)
	}
	if _, err := g.Remove("/x"); !errors.Is(err, guard.ErrClosed) {
		t.Errorf("Remove() after Close = %v, want ErrClosed", err)
	}
}

func TestRelease_letsItStay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	g, err := guard.Open(filepath.Join(dir, "guard"))
	check(t, err)
	work := filepath.Join(dir, "work")
	e, err := g.RemoveAll(work)
	check(t, err)
	check(t, os.Mkdir(work, 0o700))
	check(t, e.Release())
	check(t, e.Release())
	check(t, e.Settle())
	check(t, g.Close())
	if !exists(work) {
		t.Error("what was released is gone")
	}
}

func TestFailure_isSaidAndTriedAgainByTheNextReader(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	journal := filepath.Join(dir, "guard")
	g, err := guard.Open(journal)
	check(t, err)
	_, err = g.Run("test", "-e", filepath.Join(dir, "now"))
	check(t, err)
	if err := g.Close(); err == nil || !strings.Contains(err.Error(), "exit status 1") {
		t.Errorf("Close() = %v, want exit status 1", err)
	}
	if err := guard.Settle(journal, guard.Tell(func(guard.Outcome) {})); err == nil {
		t.Error("Settle() = nil, want the failure")
	}
	all, err := guard.List(journal)
	check(t, err)
	if len(all) != 1 || len(all[0].Cleanups) != 1 || !strings.Contains(all[0].Cleanups[0].Failure, "exit status 1") {
		t.Errorf("List() = %+v, want one clean-up, with its failure", all)
	}
	check(t, os.WriteFile(filepath.Join(dir, "now"), nil, 0o600))
	if got := settled(t, journal); len(got) != 1 {
		t.Errorf("the next reader has done %q, want one", got)
	}
	noJournals(t, journal)
}

func TestOpen_refusesADirectoryThatOthersMayWriteTo(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "guard")
	check(t, os.Mkdir(dir, 0o700))
	check(t, os.Chmod(dir, 0o770))
	if _, err := guard.Open(dir); err == nil || !strings.Contains(err.Error(), "others may write") {
		t.Errorf("Open() = %v, want an error: others may write to it", err)
	}
	link := filepath.Join(t.TempDir(), "link")
	check(t, os.Symlink(dir, link))
	if _, err := guard.Open(link); err == nil {
		t.Error("Open() of a link = nil, want an error")
	}
}

func TestOpen_refusesADirectoryOfAnotherUser(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can make one")
	}
	dir := filepath.Join(t.TempDir(), "guard")
	check(t, os.Mkdir(dir, 0o700))
	check(t, os.Chown(dir, 12345, -1))
	if _, err := guard.Open(dir); err == nil || !strings.Contains(err.Error(), "another user") {
		t.Errorf("Open() = %v, want an error: it belongs to another user", err)
	}
}

func TestSettle_doesNothingForAJournalThatOthersMayWriteTo(t *testing.T) {
	t.Parallel()
	dir, journal := leftBehind(t)
	check(t, os.Chmod(journal, 0o622))
	if err := guard.Settle(filepath.Dir(journal), guard.Tell(func(guard.Outcome) {})); err == nil {
		t.Error("Settle() = nil, want an error")
	}
	if !exists(filepath.Join(dir, "work")) {
		t.Error("it was carried out")
	}
}

func TestSettle_saysThatThereIsNoDirectory(t *testing.T) {
	t.Parallel()
	if err := guard.Settle(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Settle() = %v, want fs.ErrNotExist", err)
	}
}

func TestSettle_leavesTheLivingAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	g, err := guard.Open(filepath.Join(dir, "guard"))
	check(t, err)
	defer g.Close()
	work := filepath.Join(dir, "work")
	_, err = g.RemoveAll(work)
	check(t, err)
	check(t, os.Mkdir(work, 0o700))
	if done := settled(t, filepath.Join(dir, "guard")); len(done) > 0 || !exists(work) {
		t.Errorf("of a process that lives, %q was carried out", done)
	}
	all, err := guard.List(filepath.Join(dir, "guard"))
	check(t, err)
	if len(all) != 1 || !all[0].Alive || all[0].PID != os.Getpid() {
		t.Errorf("List() = %+v, want this process, alive", all)
	}
}

func init() {
	programs["leaves"] = func(dir string) {
		g := must(guard.Open(filepath.Join(dir, "guard")))
		must(g.RemoveAll(filepath.Join(dir, "work")))
		must(0, os.Mkdir(filepath.Join(dir, "work"), 0o700))
		kept := must(g.RemoveAll(filepath.Join(dir, "kept")))
		must(0, os.Mkdir(filepath.Join(dir, "kept"), 0o700))
		must(0, kept.Release())
		must(g.Remove(filepath.Join(dir, "last")))
		must(0, os.WriteFile(filepath.Join(dir, "last"), nil, 0o600))
	}
}

// leftBehind has a program die, and returns its directory and its journal, in
// which work and last are to be removed, and kept was released.
func leftBehind(t *testing.T) (dir, journal string) {
	t.Helper()
	dir = t.TempDir()
	start(t, "leaves", dir).ends(0, 0)
	paths, err := filepath.Glob(filepath.Join(dir, "guard", "*.journal"))
	check(t, err)
	if len(paths) != 1 {
		t.Fatalf("the program has left %q, want one journal", paths)
	}
	return dir, paths[0]
}

func TestDamagedJournal_doesNothingThatWasReleasedAndIsToldOfOnce(t *testing.T) {
	t.Parallel()
	dir, journal := leftBehind(t)
	text, err := os.ReadFile(journal)
	check(t, err)
	lines := strings.SplitAfter(string(text), "\n")
	release := slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, " - 2") })
	lines[release] = "x" + lines[release][1:]
	check(t, os.WriteFile(journal, []byte(strings.Join(lines, "")), 0o600))

	var told []string
	err = guard.Settle(filepath.Dir(journal), guard.Tell(func(o guard.Outcome) { told = append(told, o.String()) }))
	if err == nil || !strings.Contains(err.Error(), "2 clean-ups were left alone") {
		t.Errorf("Settle() = %v, want that 2 were left alone; told %q", err, told)
	}
	for name, want := range map[string]bool{"work": true, "kept": true, "last": false} {
		if got := exists(filepath.Join(dir, name)); got != want {
			t.Errorf("%s is there: %t, want %t", name, got, want)
		}
	}
	if done := settled(t, filepath.Dir(journal)); len(done) > 0 {
		t.Errorf("the second reader did %q, want nothing", done)
	}
	if !exists(journal + ".damaged") {
		t.Error("the damaged journal was not kept")
	}
}

func TestTruncatedJournal_doesWhatItSays(t *testing.T) {
	t.Parallel()
	dir, journal := leftBehind(t)
	text, err := os.ReadFile(journal)
	check(t, err)
	check(t, os.WriteFile(journal, text[:len(text)-3], 0o600)) // within the last registration
	if done := settled(t, filepath.Dir(journal)); len(done) != 1 || !strings.HasSuffix(done[0], "/work") {
		t.Errorf("Settle() did %q, want work alone", done)
	}
	if !exists(filepath.Join(dir, "last")) {
		t.Error("last was removed, and its line was not whole")
	}
	noJournals(t, filepath.Dir(journal))
}

func TestTruncatedJournal_isNotDamagedByItsReader(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	start(t, "leaves what fails", dir).ends(0, 0)
	paths, err := filepath.Glob(filepath.Join(dir, "guard", "*.journal"))
	check(t, err)
	text, err := os.ReadFile(paths[0])
	check(t, err)
	check(t, os.WriteFile(paths[0], text[:len(text)-3], 0o600)) // within the last registration
	if err := guard.Settle(filepath.Join(dir, "guard"), guard.Tell(func(guard.Outcome) {})); err == nil {
		t.Error("the first reader's Settle() = nil, want a failure")
	}
	check(t, os.WriteFile(filepath.Join(dir, "now"), nil, 0o600))
	if done := settled(t, filepath.Join(dir, "guard")); len(done) != 1 {
		t.Errorf("the second reader has done %q, want one", done)
	}
}

func init() {
	programs["leaves what fails"] = func(dir string) {
		g := must(guard.Open(filepath.Join(dir, "guard")))
		must(g.Run("test", "-e", "now"))
		must(g.Remove(filepath.Join(dir, "last")))
	}
}

func TestSettle_isNewestFirst(t *testing.T) {
	t.Parallel()
	dir, journal := leftBehind(t)
	done := settled(t, filepath.Dir(journal))
	if want := []string{"remove " + dir + "/last", "remove-all " + dir + "/work"}; !slices.Equal(done, want) {
		t.Errorf("Settle() did %q, want %q", done, want)
	}
}

func TestSettle_removesAJournalThatWasNeverPutInItsPlace(t *testing.T) {
	t.Parallel()
	dir, journal := leftBehind(t)
	check(t, os.WriteFile(journal+".new", []byte("the beginning of a comp"), 0o600))
	settled(t, filepath.Dir(journal))
	noJournals(t, filepath.Join(dir, "guard"))
}

func TestRemoveAll_followsNoLinkAndGoesDeep(t *testing.T) {
	t.Parallel()
	dir := newScene(t)
	g := openGuard(t)
	tree := filepath.Join(dir, "tree")
	e, err := g.RemoveAll(tree)
	check(t, err)
	check(t, os.MkdirAll(filepath.Join(tree, strings.Repeat("deep/", 100)), 0o700))
	for range 3 {
		f, err := os.CreateTemp(tree, "file with\nodd \xff name *")
		check(t, err)
		f.Close()
	}
	check(t, os.Symlink(filepath.Join(dir, "kept"), filepath.Join(tree, "link")))
	check(t, e.Settle())
	if exists(tree) || !exists(filepath.Join(dir, "kept/file")) {
		t.Error("the tree is there, or what its link points to is gone")
	}
}

func TestFinally_isAFinalizerNowAndReleasesWhenDone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	g := openGuard(t)
	m := new(shutdown.Manager)
	work, kept := filepath.Join(dir, "work"), filepath.Join(dir, "kept")
	m.Go("run", func(ctx context.Context) error {
		for _, path := range []string{work, kept} {
			e, err := guard.Finally(ctx, "directory", g, guard.RemoveAll(path))
			if err != nil {
				return err
			}
			if err := os.Mkdir(path, 0o700); err != nil {
				return err
			}
			if path == kept {
				return e.Release()
			}
		}
		return nil
	})
	check(t, m.Run(t.Context()))
	if exists(work) || !exists(kept) {
		t.Errorf("work is there: %t, want false; kept is there: %t, want true", exists(work), exists(kept))
	}
	check(t, os.Mkdir(work, 0o700))
	check(t, g.Close())
	if !exists(work) {
		t.Error("it was removed again, after its finalizer had released it")
	}
}
