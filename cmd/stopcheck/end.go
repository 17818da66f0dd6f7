//go:build unix

package main

import (
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"
)

// signal asks the process alone, as docker, Kubernetes and `kill` do. It
// returns when that was.
func (p *program) signal(sig syscall.Signal) time.Time {
	p.heard = p.out.size()
	now := time.Now()
	_ = p.cmd.Process.Signal(sig)
	return now
}

// ctrlC asks the whole group, as a terminal does.
func (p *program) ctrlC() time.Time {
	p.heard = p.out.size()
	now := time.Now()
	p.signalGroup(syscall.SIGINT)
	return now
}

func (p *program) signalGroup(sig syscall.Signal) { _ = syscall.Kill(-p.cmd.Process.Pid, sig) }

// took is how long the process lived after it was asked.
func (p *program) took(asked time.Time) time.Duration {
	return max(0, p.endedAt.Sub(asked).Round(time.Millisecond))
}

// cleanUp ends whatever there is left, and proves that it is gone: processes,
// and listeners where nobody may listen when the next one starts.
func (p *program) cleanUp() error {
	defer os.RemoveAll(p.home)
	defer p.out.close()
	for range 500 {
		left := p.tree.alive()
		for _, one := range left {
			_ = syscall.Kill(one.pid, syscall.SIGKILL)
		}
		if !p.hasEnded() {
			p.signalGroup(syscall.SIGKILL)
			_ = p.cmd.Process.Kill()
		}
		p.tree.reap()
		if len(left) == 0 && p.hasEnded() {
			return p.portsFree()
		}
		time.Sleep(10 * time.Millisecond)
	}
	return fmt.Errorf("%s cannot be killed; nothing more can be judged here", namesOf(p.tree.alive()))
}

// portsFree says who still listens where the program did.
func (p *program) portsFree() error {
	for _, at := range p.listens {
		for try := 0; answers(at); try++ {
			if try == 100 {
				return fmt.Errorf("somebody still listens on %v, though all of the program was killed; nothing more can be judged here", at)
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	return nil
}

// left returns the processes that are still there a moment after the end of
// the first: children may need that long to hear of it.
func (p *program) left(patience time.Duration) []process {
	deadline := time.Now().Add(patience)
	for {
		left := p.tree.alive()
		if len(left) == 0 || time.Now().After(deadline) || p.ctx.Err() != nil {
			return left
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func namesOf(all []process) string {
	var names []string
	for i, one := range all {
		if i == 3 {
			names = append(names, fmt.Sprintf("%d more", len(all)-i))
			break
		}
		names = append(names, fmt.Sprintf("%s (%d)", one.name, one.pid))
	}
	return strings.Join(names, ", ")
}

func portNames(all []netip.AddrPort) string {
	var names []string
	for _, at := range all {
		if port := fmt.Sprint(at.Port()); !slices.Contains(names, port) {
			names = append(names, port)
		}
	}
	return strings.Join(names, ", ")
}
