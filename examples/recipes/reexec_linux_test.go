package recipes

import (
	"fmt"
	"io"
	"net/http"
	"syscall"
	"testing"
)

func TestReexec_theSuccessorServesTheSameListener(t *testing.T) {
	p, first := launch(t, "programs-reexec", nil, nil)
	var pid int
	var address string
	if _, err := fmt.Sscanf(first, "process %d serves %s", &pid, &address); err != nil {
		t.Fatal(first, err)
	}
	if err := p.cmd.Process.Signal(syscall.SIGUSR2); err != nil {
		t.Fatal(err)
	}
	var next int
	if _, err := fmt.Sscanf(p.line(), "process %d serves", &next); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Kill(next, syscall.SIGKILL) })
	if state, err := p.cmd.Process.Wait(); err != nil || state.ExitCode() != 0 {
		t.Fatalf("the first process ended with %v, %v", state, err)
	}
	response, err := http.Get("http://" + address)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	if got, want := string(body), fmt.Sprintln(next); got != want || next == pid {
		t.Errorf("answered by process %q, want %q, and not %d", got, want, pid)
	}
	if err := syscall.Kill(next, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
}
