//go:build unix

package report_test

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestFromEnvFollowsASymbolicLink(t *testing.T) {
	for name, before := range map[string]string{"to a file": "of yesterday", "to nothing yet": ""} {
		dir := t.TempDir()
		kept := filepath.Join(dir, "kept")
		if err := os.Mkdir(kept, 0o700); err != nil {
			t.Fatal(err)
		}
		if before != "" {
			if err := os.WriteFile(filepath.Join(kept, "stop.txt"), []byte(before), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		link := filepath.Join(dir, "link.txt")
		if err := os.Symlink("kept/stop.txt", link); err != nil {
			t.Fatal(err)
		}
		logged := stop(t, link)
		if got, err := os.ReadFile(filepath.Join(kept, "stop.txt")); !strings.HasPrefix(string(got), "Stopped in 2s") {
			t.Errorf("%s: the file holds %q, %v; log: %s", name, got, err, logged)
		}
		if info, err := os.Lstat(link); err != nil || info.Mode().Type() != os.ModeSymlink {
			t.Errorf("%s: the link is %v, %v now", name, info, err)
		}
	}
}

func TestFromEnvWarnsOfLinksInACircle(t *testing.T) {
	link := filepath.Join(t.TempDir(), "link.txt")
	if err := os.Symlink("link.txt", link); err != nil {
		t.Fatal(err)
	}
	if logged := stop(t, link); !strings.Contains(logged, "too many links") {
		t.Errorf("log: %s", logged)
	}
}

func TestFromEnvWritesToAPipeThatIsRead(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "stop.txt")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := os.OpenFile(pipe, os.O_RDWR, 0) // does not wait for a writer, and is one itself
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	logged := stop(t, pipe)
	if err := r.SetReadDeadline(deadline(t)); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len("Stopped in 2s"))
	if _, err := io.ReadFull(r, got); err != nil || string(got) != "Stopped in 2s" {
		t.Errorf("the pipe holds %q, %v; log: %s", got, err, logged)
	}
}

func TestFromEnvDoesNotWaitForAReader(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "stop.txt")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if logged := stop(t, pipe); !strings.Contains(logged, "the report of the stop is not written") {
		t.Errorf("no warning of a pipe that nobody reads in the log:\n%s", logged)
	}
}

func TestFromEnvWritesInPlaceWhatCannotBeReplaced(t *testing.T) {
	// A name so long that there is no name for a temporary file beside it.
	file := filepath.Join(t.TempDir(), strings.Repeat("x", 250)+".txt")
	if err := os.WriteFile(file, []byte(strings.Repeat("of yesterday\n", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	logged := stop(t, file)
	got, err := os.ReadFile(file)
	if !strings.HasPrefix(string(got), "Stopped in 2s") || strings.Contains(string(got), "of yesterday") {
		t.Errorf("the file holds %.60q, %v; log: %s", got, err, logged)
	}
}

func TestFromEnvSaysAtOnceThatADirectoryIsNotThere(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "missing")
	logged := stopAfter(t, filepath.Join(dir, "stop.txt"), func(logged string) {
		if !strings.Contains(logged, "no such file or directory") {
			t.Errorf("nothing is said before the stop: %q", logged)
		}
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	})
	if _, err := os.Stat(filepath.Join(dir, "stop.txt")); err != nil {
		t.Errorf("the directory was made in time: %v; log: %s", err, logged)
	}
}
