package actors

import (
	"context"
	"os"
	"strings"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// environment is the child's, with the numbers that fit if it uses lastcall as
// well: it is asked when a part of our stop is over, and killed before the whole
// is, so our own numbers would promise it too much. It has no drain, since whoever
// sends it work is us, and our report is not its own to overwrite.
//
// What was set for the child alone is left as it is. What it has from us is no
// such thing.
func (c *child) environment(ctx context.Context) []string {
	env := c.Environ()
	grace, bounded := graceOf(ctx)
	if !bounded {
		return env
	}
	grace = max(grace, time.Millisecond) // the child would refuse to run with none
	env = set(env, "SHUTDOWN_GRACE", grace.String())
	env = set(env, "SHUTDOWN_DRAIN", "0s")
	return set(env, "SHUTDOWN_REPORT", "")
}

// set sets a variable, or removes it if value is empty, unless env has another
// value than this process.
func set(env []string, name, value string) []string {
	ours, has := os.LookupEnv(name)
	var others []string
	for _, v := range env {
		theirs, found := strings.CutPrefix(v, name+"=")
		switch {
		case !found:
			others = append(others, v)
		case !has || theirs != ours:
			return env
		}
	}
	if value == "" {
		return others
	}
	return append(others, name+"="+value)
}

// graceOf returns the grace of a child whose actor has ctx: how long it will
// have from SIGTERM on. A tenth of the time for work is for us to see its end; a
// service's slot is half the grace at least if others are quick; a job is asked
// when only its last chance is left. Without a manager nothing bounds it.
func graceOf(ctx context.Context) (grace time.Duration, bounded bool) {
	m, work := shutdown.FromContext(ctx), shutdown.Work(ctx)
	grace = m.Report().Grace
	switch {
	case m.State() == shutdown.Idle:
		return 0, false
	case ctx.Done() == work.Done():
		return grace / 20, true
	case work.Done() != m.WorkContext().Done():
		return grace / 2, true
	}
	return shutdown.WorkTime(ctx) * 9 / 10, true
}
