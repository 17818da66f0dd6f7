//go:build unix

package e2e_test

import (
	"context"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// A scene is a program that is asked to stop, and how that must end.
type scene struct {
	env   []string                        // added to the environment
	setup func(m *shutdown.Manager)       // called before Main
	run   func(ctx context.Context) error // given to Main
	send  []syscall.Signal                // the first when the program is ready, the others when it says "again"

	ends   ending
	within time.Duration // of the first signal; 0 means the usual grace
	said   []string      // besides "ready" and "again", in order
	prints []string      // each is somewhere in the output
	lines  int           // of output; 0 means any number
}

// play is the scene as a program.
func (s scene) play() {
	if s.setup != nil {
		s.setup(shutdown.Default())
	}
	shutdown.Main(s.run)
}

// playing returns the scenes as programs.
func playing(scenes map[string]scene) programs {
	all := programs{}
	for name, s := range scenes {
		all[name] = s.play
	}
	return all
}

// testScenes plays each of the scenes in a process of its own.
func testScenes(t *testing.T, scenes map[string]scene) {
	t.Parallel()
	for name, s := range scenes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s.test(t, start(t, name, with(s.env...)))
		})
	}
}

// test sends the scene's signals to p, which plays it, and watches the end.
func (s scene) test(t *testing.T, p *process) {
	t.Helper()
	for i, sig := range s.send {
		if i == 0 {
			p.await("ready")
		} else {
			p.await("again")
		}
		p.signal(sig)
	}
	within := s.within
	if within == 0 {
		within = grace
	}
	p.ends(s.ends, within)
	p.said(s.said...)
	p.prints(s.prints...)
	if got := strings.Count(p.printed(), "\n"); s.lines > 0 && got != s.lines {
		t.Errorf("the output has %d lines, want %d", got, s.lines)
	}
}
