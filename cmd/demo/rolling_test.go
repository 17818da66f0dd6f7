//go:build unix

package main

import (
	"flag"
	"fmt"
	"maps"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown/shutdowntest"
)

const (
	// The proxies ask each replica whether it is ready, this often, and believe
	// the first answer. A drain is long enough for several.
	checkEvery   = 100 * time.Millisecond
	rollingDrain = 5 * checkEvery
)

var rounds = flag.Int("rounds", 1, "of a rolling restart, in each of which every replica is replaced; the docs' numbers are of more")

// Two replicas on one database are replaced one by one, under load. What the
// plain recipe makes of the same is measured beside it.
func TestRollingRestart_failsNoRequestAndLosesNoJob(t *testing.T) {
	plain := buildRecipe(t)
	for _, p := range []struct {
		name  string
		start func(t *testing.T, replicas [2]string) proxy
		stays bool // a replica is where its predecessor was
	}{
		{"httputil.ReverseProxy", startBalancer, false},
		{"HAProxy", startHAProxy, false},
		{"nginx", startNginx, true},
	} {
		t.Run(p.name, func(t *testing.T) {
			t.Run("with lastcall", func(t *testing.T) {
				db := newDatabase(t)
				got := roll(t, db, p.start, p.stays, func(addr string) *process {
					return start(t, "-addr", addr, "-db", db, "-traffic", "0", "-drain", rollingDrain.String(), "-grace", "5s")
				})
				if got.failed() > 0 || got.lost > 0 || got.stored != len(got.accepted) || got.badEnds > 0 {
					t.Errorf("got %v\nwant no request failed, no job lost, a job for each request and every exit status 0", got)
				}
			})
			t.Run("with the plain recipe", func(t *testing.T) {
				db := newDatabase(t)
				roll(t, db, p.start, p.stays, func(addr string) *process {
					return program(t, plain, []string{"-addr", addr, "-db", db}).listening()
				})
			})
		})
	}
}

// A proxy balances between two replicas. Most ask them whether they are ready.
type proxy interface {
	url() string

	// awaitDown and awaitUp wait for the proxy to find out by itself that a
	// replica is not ready any more, or is.
	awaitDown(replica int)
	awaitUp(replica int)

	// moved tells the proxy where to find a replica from now on, and not that
	// it is there.
	moved(replica int, url string)
}

const anyPort = "127.0.0.1:0"

// roll replaces replicas under load, and returns what the clients saw and what
// became of the jobs.
func roll(t *testing.T, db string, startProxy func(*testing.T, [2]string) proxy, stays bool, start func(addr string) *process) result {
	t.Helper()
	var ends []*shutdowntest.Exit
	replicas := [2]*process{start(anyPort), start(anyPort)}
	front := startProxy(t, [2]string{replicas[0].url, replicas[1].url})
	c := startCallers(t, front.url())
	for range *rounds {
		for i := range replicas {
			replicas[i].Signal(syscall.SIGTERM)
			front.awaitDown(i)
			ends = append(ends, replicas[i].Wait())
			addr := anyPort
			if stays {
				addr = hostPort(replicas[i].url)
			}
			replicas[i] = start(addr)
			front.moved(i, replicas[i].url)
			front.awaitUp(i)
		}
	}
	got := c.end()
	for _, p := range replicas {
		p.Signal(syscall.SIGTERM)
		ends = append(ends, p.Wait())
	}
	got.account(ends, everyJob(t, db))
	t.Log(got)
	return got
}

// A result is what came of a rolling restart.
type result struct {
	accepted     []int64        // ids of the jobs that were answered with 202
	failures     map[string]int // requests with any other end, by what that was
	lost, stored int            // jobs accepted and neither done nor queued; jobs in the database
	badEnds      int            // replicas that ended with a status other than 0
}

// account takes in how the replicas ended, and compares what was accepted with
// what is in the database then.
func (r *result) account(ends []*shutdowntest.Exit, jobs map[int64]job) {
	for _, end := range ends {
		if end.Status != (shutdowntest.Status{}) {
			r.badEnds++
		}
	}
	r.stored = len(jobs)
	for _, id := range r.accepted {
		if state := jobs[id].State; state != "done" && state != "queued" {
			r.lost++
		}
	}
}

func (r result) failed() (n int) {
	for _, times := range r.failures {
		n += times
	}
	return n
}

func (r result) String() string {
	s := fmt.Sprintf("%d requests, %d failed, %.2f a replacement; %d jobs accepted, %d in the database, %d lost; %d bad ends",
		len(r.accepted)+r.failed(), r.failed(), float64(r.failed())/float64(2*(*rounds)), len(r.accepted), r.stored, r.lost, r.badEnds)
	for _, why := range slices.Sorted(maps.Keys(r.failures)) {
		s += fmt.Sprintf("\n\t%d × %s", r.failures[why], why)
	}
	return s
}
