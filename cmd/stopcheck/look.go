//go:build unix

package main

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// looked is what a first start of the program has shown.
type looked struct {
	ready     time.Duration // from the start until it was up
	ports     int
	names     string // of the ports
	ephemeral bool   // each start has ports of its own
	target    *target
	processes int
}

// look starts the program, to see what there is to check. It fails if it
// does not come up, or does not stay.
func look(ctx context.Context, s settings) (*looked, error) {
	if err := nobodyThere(s); err != nil {
		return nil, err
	}
	seen, err := lookOnce(ctx, s, nil)
	if err != nil || !seen.ephemeral {
		return seen, err
	}
	// That a port may have been the kernel's choice does not say that it was:
	// another start tells.
	again, err := lookOnce(ctx, s, seen)
	if err == nil {
		seen.ephemeral = again.names != seen.names
	}
	return seen, err
}

func lookOnce(ctx context.Context, s settings, known *looked) (*looked, error) {
	p, err := start(ctx, s, world{})
	if err != nil {
		return nil, fmt.Errorf("it cannot be started: %w", err)
	}
	seen, err := p.lookAt(known)
	if cleanErr := p.cleanUp(); err == nil {
		err = cleanErr
	}
	return seen, err
}

func (p *program) lookAt(known *looked) (*looked, error) {
	if err := p.ready(known, false); err != nil {
		return nil, err
	}
	seen := &looked{ready: p.up, target: p.target}
	if known == nil && p.gone(300*time.Millisecond) {
		return nil, fmt.Errorf("it ended by itself after %v, %v; %s", p.took(p.began), p.ending, p.out.tail())
	}
	p.listens = p.tree.ports()
	seen.ports, seen.names, seen.processes = len(p.listens), portNames(p.listens), len(p.tree.alive())
	seen.ephemeral = seen.ports > 0 && !p.s.varies()
	for _, at := range p.listens {
		seen.ephemeral = seen.ephemeral && ephemeral(at.Port())
	}
	return seen, nil
}

// nobodyThere refuses to judge whoever answers already in the program's place.
func nobodyThere(s settings) error {
	if s.varies() {
		return nil
	}
	for _, place := range []string{s.url, s.ready} {
		if isPlace(place) && placeAnswers(place) {
			return fmt.Errorf("somebody answers at %s before the program is started: end that first", place)
		}
	}
	return nil
}

// atOnce is how many copies of the program may run side by side.
func (s settings) atOnce(seen *looked, processors int) int {
	switch {
	case s.parallel > 0:
		return s.parallel
	case s.varies() || seen.ephemeral:
		return min(processors, 4)
	}
	return 1
}

func (l *looked) String() string {
	parts := []string{"up after " + round(l.ready)}
	switch {
	case l.target != nil:
		parts = append(parts, l.target.String())
	case l.ports == 0 && canSeeProcesses:
		parts = append(parts, "no port")
	}
	if strings.Contains(l.names, ",") {
		parts = append(parts, "ports "+l.names)
	}
	if l.processes > 1 {
		parts = append(parts, fmt.Sprintf("%d processes", l.processes))
	}
	return strings.Join(parts, ", ")
}
