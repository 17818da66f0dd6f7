//go:build unix

package e2e_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog/log"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/signals"
)

var (
	chaosTime = flag.Duration("chaos", 0, "how long TestChaos goes on; 0 skips it")
	chaosSeed = flag.Uint64("chaos.seed", 0, "the seed of TestChaos's first program; 0 chooses one")
)

// chaosWorkers is how many programs run at the same time. Mostly they wait.
const chaosWorkers = 4

// TestChaos starts programs of random shape, sends them random signals at
// random moments, and checks the promise from outside: every finalizer that
// was registered and not unregistered has left its mark exactly once, newest
// first, or is named in the output; the program is gone within its grace; and
// its status is that of the table.
//
// Each program has a seed, from which its shape and the signals are made;
// the moments are not quite repeatable.
func TestChaos(t *testing.T) {
	if *chaosTime == 0 {
		t.Skip("skipped unless asked for, as with -chaos 10m")
	}
	first := *chaosSeed
	if first == 0 {
		first = rand.Uint64() >> 16
	}
	t.Logf("the first seed is %d", first)
	over := time.Now().Add(*chaosTime)
	if deadline, ok := t.Deadline(); ok && deadline.Add(-time.Minute).Before(over) {
		over = deadline.Add(-time.Until(deadline) / 10)
	}
	var programs atomic.Uint64
	t.Run("programs", func(t *testing.T) {
		for worker := range chaosWorkers {
			t.Run(fmt.Sprint("worker ", worker), func(t *testing.T) {
				t.Parallel()
				for time.Now().Before(over) && !t.Failed() {
					seed := first + programs.Add(1) - 1
					t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { chaos(t, seed) })
				}
			})
		}
	})
	t.Logf("%d programs", programs.Load())
}

// A manner is what a part of a random program does when it is told to stop.
type manner string

const (
	obeys    manner = "obeys"
	slow     manner = "slow"
	failing  manner = "failing"
	coded9   manner = "coded"
	panicky  manner = "panicking"
	leaving  manner = "leaving"
	exiting  manner = "exiting"
	stuck    manner = "stuck"
	adding   manner = "adding"   // a finalizer that registers another
	cutting  manner = "cutting"  // a run that says that it was cut short
	fatally  manner = "fatally"  // with a fatal log event
	early    manner = "early"    // without being told to stop
	removing manner = "removing" // a finalizer that is unregistered before
)

// A shape is a random program and what is done to it.
type shape struct {
	grace, drain time.Duration
	run          manner
	actors       []manner
	list         []manner // finalizers, registered in this order
	services     []bool   // which of them are services
	pauses       []time.Duration
	signals      []blow
	processors   int
}

// A blow is a signal and how long after the one before it.
type blow struct {
	after time.Duration
	sig   syscall.Signal
	times int
}

func shapeOf(seed uint64) shape {
	r := rand.New(rand.NewPCG(seed, 0))
	s := shape{grace: time.Duration(2000+r.IntN(1000)) * time.Millisecond}
	if r.IntN(3) == 0 {
		s.drain = time.Duration(r.Int64N(int64(s.grace / 2)))
	}
	s.run = pick(r, obeys, obeys, obeys, cutting, cutting, cutting, slow, failing, coded9, panicky, leaving, exiting, stuck, fatally, early)
	for range r.IntN(4) {
		s.actors = append(s.actors, pick(r, obeys, obeys, obeys, slow, failing, panicky, leaving, stuck, early))
	}
	hostile := 0
	for range r.IntN(30) {
		m := pick(r, obeys, obeys, obeys, obeys, obeys, obeys, obeys, obeys, obeys,
			removing, adding, slow, stuck, failing, coded9, panicky, leaving, exiting, fatally)
		if m == slow || m == stuck {
			if hostile++; hostile > 2 { // more would leave slots of less than a scheduler's turn
				m = obeys
			}
		}
		s.list = append(s.list, m)
		s.services = append(s.services, r.IntN(5) == 0)
		s.pauses = append(s.pauses, time.Duration(r.IntN(20))*time.Millisecond)
	}
	s.signals = blows(r)
	s.processors = 1 + r.IntN(2)
	return s
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

// blows returns random signals of which at least one ends a program; there is
// never a third Ctrl-C, after which nothing is promised.
func blows(r *rand.Rand) (all []blow) {
	add := func(longest int, times int, sigs ...syscall.Signal) {
		all = append(all, blow{time.Duration(r.IntN(longest)) * time.Millisecond, pick(r, sigs...), times})
	}
	for range r.IntN(3) {
		add(50, 20, syscall.SIGWINCH, syscall.SIGURG, syscall.SIGCONT)
	}
	add(400, 1, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	switch r.IntN(4) {
	case 0:
		add(1200, 1, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	case 1:
		add(300, 300, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGWINCH)
	case 2:
		add(1000, 1, syscall.SIGTSTP)
		add(20, 1, syscall.SIGCONT)
	}
	return all
}

const seedVariable = "LASTCALL_TEST_SEED"

// The program's side.

var chaosPrograms = programs{"chaos": func() {
	var seed uint64
	_, _ = fmt.Sscan(os.Getenv(seedVariable), &seed)
	s := shapeOf(seed)
	m := shutdown.Default()
	hangsUp(m)
	onForced(m, func() { say("forced") })
	(&anarchy{manager: m}).play(s)
}}

// An anarchy is a program of random shape that is running.
type anarchy struct {
	manager *shutdown.Manager
	mu      sync.Mutex // so that what it says is in the order of what it does
	next    int
}

func (a *anarchy) play(s shape) {
	for _, how := range s.actors {
		a.manager.Go("actor", func(ctx context.Context) error { return a.perform(ctx, how) })
	}
	a.manager.Go("registrar", func(ctx context.Context) error { a.register(ctx, s); <-ctx.Done(); return nil })
	shutdown.Main(func(ctx context.Context) error {
		say("listening")
		return a.perform(ctx, s.run)
	})
}

// register registers one finalizer after the other, until the stop begins.
func (a *anarchy) register(ctx context.Context, s shape) {
	a.add("oldest", func(context.Context) error {
		var sig *signals.Error
		if errors.As(a.manager.Report().Cause, &sig) {
			say("cause %d", sig.Signal)
		}
		return nil
	})
	for i, how := range s.list {
		select {
		case <-time.After(s.pauses[i]):
		case <-ctx.Done():
			return
		}
		if s.services[i] {
			a.keep(how)
		} else {
			a.finally(how)
		}
	}
}

// add registers fn, which leaves its mark before it does anything.
func (a *anarchy) add(name string, fn func(context.Context) error) (f *shutdown.Finalizer, n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	n = a.next
	a.next++
	f = a.manager.Register(name, func(ctx context.Context) error { say("ran %d", n); return fn(ctx) })
	say("registered %d %s", n, name)
	return f, n
}

func (a *anarchy) finally(how manner) {
	name := fmt.Sprint("finalizer ", how)
	f, n := a.add(name, func(ctx context.Context) error { return a.perform(done{ctx}, how) })
	if how == removing && f.Unregister() {
		say("unregistered %d", n)
	}
}

func (a *anarchy) keep(how manner) {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := a.next
	a.next++
	a.manager.Keep(fmt.Sprint("service ", how), func(ctx context.Context) error {
		if ctx.Err() != nil { // kept when the stop had begun: it has not waited for its turn
			say("told at once %d", n)
		} else {
			<-ctx.Done()
			say("ran %d", n)
		}
		return a.perform(ctx, how)
	})
	say("registered %d service", n)
}

// perform waits for the stop and does what its manner is, saying so where it
// matters for the status.
func (a *anarchy) perform(ctx context.Context, how manner) error {
	if how != early {
		<-ctx.Done()
	}
	switch how {
	case slow:
		<-time.After(30 * time.Millisecond)
	case adding:
		a.add("added", func(context.Context) error { return nil })
	case failing:
		say("failing")
		return errors.New("no luck")
	case coded9:
		say("coded")
		return coded(9)
	case panicky:
		say("panicking")
		panic("burst")
	case leaving:
		say("leaving")
		runtime.Goexit()
	case exiting:
		say("exiting")
		shutdown.Exit(7)
	case fatally:
		say("fatally")
		log.Fatal().Msg("no luck")
	case stuck:
		say("stuck")
		forever()
	case cutting:
		say("cutting")
		return ctx.Err()
	}
	return nil
}

// done is a context that has ended: a finalizer need not wait for the stop.
type done struct{ context.Context }

func (done) Done() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

// The test's side.

func chaos(t *testing.T, seed uint64) {
	s := shapeOf(seed)
	p := start(t, "chaos", with(
		fmt.Sprint(seedVariable, "=", seed), fmt.Sprint("SHUTDOWN_GRACE=", s.grace), fmt.Sprint("SHUTDOWN_DRAIN=", s.drain),
		fmt.Sprint("GOMAXPROCS=", s.processors)))
	ended, sent := make(chan struct{}), make(chan time.Time)
	go func() { sent <- p.strike(ended, s.signals) }() // ends when the program has, or before
	got := p.wait()
	gone := time.Now()
	close(ended)
	first := <-sent

	h := hear(p.words)
	if !h.listening { // it was killed before Main had begun
		if !slices.ContainsFunc(s.signals, func(b blow) bool { return got == diesBy(b.sig) }) {
			t.Errorf("before its beginning the program ended with %v", got)
		}
		return
	}
	if want := h.ending(); got != want {
		t.Errorf("the program ended with %v, want %v", got, want)
	}
	if took := gone.Sub(first); !first.IsZero() && took > s.grace+slack {
		t.Errorf("the program was gone after %v, want at most %v", took, s.grace)
	}
	for _, wrong := range h.wrong {
		t.Error(wrong)
	}
	for n, name := range h.left {
		if !strings.Contains(p.printed(), name) {
			t.Errorf("finalizer %d (%s) has neither been run nor named", n, name)
		}
	}
	if t.Failed() {
		t.Logf("again: -chaos 1s -chaos.seed %d; %+v", seed, s)
	}
}

// strike sends the signals and returns when it sent the first that asks for a
// stop.
func (p *process) strike(ended <-chan struct{}, blows []blow) (first time.Time) {
	for _, b := range blows {
		select {
		case <-time.After(b.after):
		case <-ended:
			return first
		}
		if first.IsZero() && slices.Contains(signals.Termination(), os.Signal(b.sig)) {
			first = time.Now()
		}
		p.storm(b.sig, b.times)
	}
	return first
}

// What was heard from a random program.
type heard struct {
	listening bool
	did       map[string]bool
	status    int // that the first Exit, or fatal event, asked for
	cause     syscall.Signal
	list      []int          // what is registered and has not been run, oldest first
	left      map[int]string // their names
	wrong     []string
}

// hear follows what a program says about its finalizers.
func hear(words []string) heard {
	h := heard{did: make(map[string]bool), left: make(map[int]string)}
	for _, word := range words {
		var n int
		var name string
		switch {
		case scan(word, "registered %d %s", &n, &name):
			if !slices.Contains(words, fmt.Sprint("told at once ", n)) { // which it may have said before this
				h.list = append(h.list, n)
				h.left[n] = name
			}
		case scan(word, "unregistered %d", &n), scan(word, "told at once %d", &n):
			h.remove(n)
		case scan(word, "ran %d", &n):
			if len(h.list) == 0 || h.list[len(h.list)-1] != n {
				h.wrong = append(h.wrong, fmt.Sprintf("finalizer %d was run when %v were on the list", n, h.list))
			}
			h.remove(n)
		case scan(word, "cause %d", &n):
			h.cause = syscall.Signal(n)
		case word == "listening":
			h.listening = true
		default:
			h.did[word] = true
			if h.status == 0 {
				h.status = asked[word]
			}
		}
	}
	return h
}

// asked are the statuses for which a program asks.
var asked = map[string]int{"exiting": 7, "fatally": 1}

func scan(word, format string, into ...any) bool {
	_, err := fmt.Sscanf(word, format, into...)
	return err == nil
}

func (h *heard) remove(n int) {
	h.list = slices.DeleteFunc(h.list, func(m int) bool { return m == n })
	delete(h.left, n)
}

// ending is how the program must have ended, by the table of exit statuses.
func (h *heard) ending() ending {
	switch {
	case h.did["forced"]:
		return diesBy(syscall.SIGINT)
	case h.did["panicking"]:
		return exit(2)
	case h.did["stuck"]:
		return exit(124)
	case h.status != 0:
		return exit(h.status)
	case h.did["coded"]:
		return exit(9)
	case h.did["failing"], h.did["leaving"]:
		return exit(1)
	case h.did["cutting"] && h.cause != 0:
		return diesBy(h.cause)
	}
	return exit(0)
}
