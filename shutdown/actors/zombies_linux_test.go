package actors_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/seed7e043c35/lastcall/shutdown/actors"
)

func init() {
	children["hoarder"] = func() { // inherits orphans, and never waits for them, as many a process 1
		if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
			panic(err)
		}
		cmd := childOf("commander")
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		if err := cmd.Run(); err != nil {
			panic(err)
		}
	}
	children["commander"] = func() { // of a child that leaves a zombie behind
		m := newManager(20*time.Second, 0)
		r, w, err := os.Pipe()
		if err != nil {
			panic(err)
		}
		cmd := exec.Command("sh", "-c", `true & echo ready; exec sleep 3600`)
		cmd.Stdout = w
		m.Go("child", actors.Command(cmd))
		result := start(m)
		_, _ = r.Read(make([]byte, 64))
		m.Stop(nil)
		say(fmt.Sprint(<-result, " ", m.Report().Took < 10*time.Second))
	}
}

func TestCommand_doesNotWaitForZombies(t *testing.T) {
	cmd, lines := child(t, "hoarder")
	if err := actors.Command(cmd)(context.Background()); err != nil {
		t.Fatal(err)
	}
	lines.want(t, "<nil> true")
}
