package shutdowntest

import (
	"fmt"
	"time"
)

// An Exit is how a program ended that [Exec] has started. Of an output of more
// than 64 MiB, each line counted with 64 bytes besides its text, the older part is
// left out; how much that was stands in its place.
type Exit struct {
	Status         Status        // its exit status, or the signal that it died by
	Ended          time.Time     // when it was gone
	Took           time.Duration // until then, from the first signal that the test sent; if it sent none, from the start
	Stdout, Stderr string        // what it printed, where cmd left that to Exec; on a terminal all is Stdout
	Output         string        // both, line by line as they came
	Children       []string      // the processes that it started, or that those did, and that have outlived it: number and command; see Exec

	t       reporter
	process *Process
}

// Clean fails the test unless the program ended with status 0, or died by the
// first signal that the test sent, and has left no process behind.
func (e *Exit) Clean() {
	e.t.Helper()
	for _, problem := range e.problems() {
		e.t.Errorf("%s: %s", e.process.cmd, problem)
	}
}

func (e *Exit) problems() (problems []string) {
	if e.Status != (Status{}) && (e.Status.Signal == nil || e.Status.Signal != e.process.firstSignal()) {
		problems = append(problems, "it ended with "+e.Status.String()+", want 0")
	}
	for _, child := range e.Children {
		problems = append(problems, "it has left a process behind: "+child)
	}
	return problems
}

// String returns all that there is to know, for a person.
func (e *Exit) String() string {
	return fmt.Sprintf("ended with %v after %v; left behind: %q; printed:\n%s", e.Status, e.Took, e.Children, abridged(e.Output))
}

// abridged is text without the middle of what nobody would read.
func abridged(text string) string {
	const kept = 8 << 10
	if len(text) <= 2*kept {
		return text
	}
	return text[:kept] + "\n[…]\n" + text[len(text)-kept:]
}
