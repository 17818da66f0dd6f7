//go:build unix

package process_test

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed7e043c35/lastcall/internal/clock"
	"github.com/seed7e043c35/lastcall/internal/process"
)

// programVariable says which program a process of this test binary is.
const programVariable = "LASTCALL_TEST_PROCESS"

// A program ends itself by an End, and never returns.
type program struct {
	play func(e *process.End)
	ends func(syscall.WaitStatus) bool
}

var programs = map[string]program{
	"the grace is used up": {
		func(e *process.End) {
			e.Words = func() string { return "shutdown: still running: the mule\n" }
			e.Arm()
			e.Arm() // once is enough
		},
		exits(124),
	},
	"nobody says who is still running": {
		func(e *process.End) {
			e.Words = func() string { select {} }
			e.Arm()
		},
		exits(124),
	},
	"something worse happened": {
		func(e *process.End) {
			e.Worst.Raise(process.Status{Rank: process.Crashed, Code: process.StatusCrashed})
			e.Arm()
		},
		exits(2),
	},
	"the stop is over": {
		func(e *process.End) {
			e.Arm()
			e.Worst.Raise(process.Status{Rank: process.Coded, Code: 9})
			e.Stopped()
			e.Now()
		},
		exits(9),
	},
	"the stop is over, and a last word blocks": {
		func(e *process.End) {
			e.Arm()
			e.Stopped()
			select {}
		},
		exits(0),
	},
	"it was interrupted": {
		func(e *process.End) {
			e.Worst.Raise(process.Status{Rank: process.Interrupted, Code: 143})
			e.Stopped()
			e.Now()
		},
		func(s syscall.WaitStatus) bool { return s.Signaled() && s.Signal() == syscall.SIGTERM },
	},
	"standard error is a pipe that nobody reads": {
		func(e *process.End) {
			r, w, _ := os.Pipe()
			defer r.Close()
			e.Stderr.File = w
			e.Words = func() string { return strings.Repeat("much to say\n", 1<<16) }
			e.Arm()
			select {}
		},
		exits(124),
	},
}

func exits(status int) func(syscall.WaitStatus) bool {
	return func(s syscall.WaitStatus) bool { return s.Exited() && s.ExitStatus() == status }
}

// The process is gone at the end of the grace, whatever blocks.
func TestEnd_needsNobody(t *testing.T) {
	if name := os.Getenv(programVariable); name != "" {
		play(programs[name])
	}
	for name, p := range programs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestEnd_needsNobody$")
			cmd.Env = append(os.Environ(), programVariable+"="+name, "GOCOVERDIR=")
			out, _ := cmd.CombinedOutput()
			if s := cmd.ProcessState.Sys().(syscall.WaitStatus); !p.ends(s) {
				t.Errorf("the process ended with %v, exit %d:\n%s", s, s.ExitStatus(), out)
			}
		})
	}
}

func play(p program) {
	c := new(clock.Clock)
	c.Begin(time.Now(), 300*time.Millisecond)
	p.play(&process.End{Clock: c, Worst: new(process.Worst), Stderr: process.Stderr(), Words: func() string { return "" }})
	select {}
}

// What is said last reaches standard error although that has been closed, and
// the next file opened does not get it.
func TestStderr_outlivesTheOriginal(t *testing.T) {
	if os.Getenv(programVariable) != "" {
		return
	}
	out := process.Stderr()
	if out.File == os.Stderr {
		t.Fatal("it is no duplicate")
	}
	flags, _, errno := syscall.Syscall(syscall.SYS_FCNTL, out.File.Fd(), syscall.F_GETFD, 0)
	if errno != 0 || flags&syscall.FD_CLOEXEC == 0 {
		t.Errorf("children inherit it: flags %#x, %v", flags, errno)
	}
	out.Restore() // standard error is there: nothing happens
	var before, after syscall.Stat_t
	if err := syscall.Fstat(2, &before); err != nil {
		t.Skipf("there is no standard error: %v", err)
	}
	_ = syscall.Close(2)
	out.Restore()
	if err := syscall.Fstat(2, &after); err != nil || before.Ino != after.Ino || before.Dev != after.Dev {
		t.Errorf("standard error is not back: %v", err)
	}
	_ = out.File.Close()
}

func TestWrite_waitsNoLongerThanItMay(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	out := &process.Output{File: w}
	out.Write(strings.Repeat("x", 1<<20), time.Millisecond) // more than a pipe takes
	out.Write("", time.Hour)
	w.Close()
}
