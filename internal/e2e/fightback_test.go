//go:build unix

package e2e_test

import (
	"context"
	"errors"
	"io"
	stdlog "log"
	"maps"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/rs/zerolog/log"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// Whatever the code in a program does, what it has registered is run, newest
// first, within the grace, and the status is that of the table.
func TestCodeThatFightsBack(t *testing.T) { testScenes(t, hostileCode) }

// hostileCode has a scene for each way in which code can resist a stop.
var hostileCode = between(map[string]hostility{
	"an actor that ignores everything":            {by: actor(blocks), ends: exit(124), prints: []string{`"hostile"`, "fightback_test.go:"}},
	"an actor that blocks in its interrupt":       {by: interrupt(func() { forever() }), ends: exit(124), prints: []string{`"hostile"`}},
	"an actor that holds a lock for ever":         {by: holdsLock, long: true, ends: exit(124), prints: []string{`"holds the lock"`, `"wants the lock"`, "sync.(*Mutex).Lock"}},
	"an actor that panics while being stopped":    {by: actor(stopped(func() { panic("burst") })), ends: exit(2), prints: []string{"panic: burst\n\ngoroutine "}},
	"an actor that panics with an error":          {by: actor(stopped(func() { panic(errors.New("burst")) })), ends: exit(2), prints: []string{"burst", "\ngoroutine "}},
	"an actor that panics with nil":               {by: actor(stopped(func() { panic(nil) })), ends: exit(2), prints: []string{"panic called with nil argument", "\ngoroutine "}},
	"an actor that panics with a panicking Error": {by: actor(stopped(func() { panic(explosive{}) })), ends: exit(2), prints: []string{"panic: ", "\ngoroutine "}},
	"an actor that leaves by Goexit":              {by: actor(stopped(runtime.Goexit)), ends: exit(1), prints: []string{`"hostile"`, "Goexit"}},
	"an actor that fails with a panicking Error":  {by: actor(func(ctx context.Context) error { <-ctx.Done(); return explosive{} }), ends: exit(1), prints: []string{`"hostile"`}},
	"an interrupt that panics":                    {by: interrupt(func() { panic("burst") }), ends: exit(2), prints: []string{"panic: burst\n\ngoroutine "}},
	"an interrupt that leaves by Goexit":          {by: interrupt(runtime.Goexit), ends: exit(1), prints: []string{`"hostile"`, "Goexit"}},
	"a service that ignores everything":           {by: service(blocks), ends: exit(124), prints: []string{`"hostile"`}},
	"a service that panics while being stopped":   {by: service(stopped(func() { panic("burst") })), ends: exit(2), prints: []string{"panic: burst\n\ngoroutine "}},
	"a hold that is never released":               {by: func(m *shutdown.Manager) { _, _ = m.Hold("hostile") }, ends: exit(124), prints: []string{`"hostile"`}},
	"a hundred stuck actors":                      {by: times(100, actor(blocks)), long: true, ends: exit(124), prints: []string{`"hostile"`}},

	"a finalizer that ignores everything":            {by: finalizer(forever), ends: exit(124), prints: []string{`"hostile"`, "fightback_test.go:"}},
	"a finalizer that panics":                        {by: finalizer(func() { panic("burst") }), ends: exit(2), prints: []string{"panic: burst\n\ngoroutine "}},
	"a finalizer that panics with an error":          {by: finalizer(func() { panic(errors.New("burst")) }), ends: exit(2), prints: []string{"burst", "\ngoroutine "}},
	"a finalizer that panics with nil":               {by: finalizer(func() { panic(nil) }), ends: exit(2), prints: []string{"panic called with nil argument", "\ngoroutine "}},
	"a finalizer that panics with a panicking Error": {by: finalizer(func() { panic(explosive{}) }), ends: exit(2), prints: []string{"panic: ", "\ngoroutine "}},
	"a finalizer that fails with a panicking Error":  {by: func(m *shutdown.Manager) { m.Register("hostile", fails(explosive{})) }, ends: exit(1), prints: []string{`"hostile"`}},
	"a finalizer that leaves by Goexit":              {by: finalizer(runtime.Goexit), ends: exit(1), prints: []string{"Goexit"}},
	"a hundred stuck finalizers":                     {by: times(100, finalizer(forever)), long: true, ends: exit(124), prints: []string{`"hostile"`}},
	"a finalizer that registers another":             {by: finalizer(func() { shutdown.Register("late", closes("late")) }), ends: exit(0), said: []string{"late"}},
	"a finalizer that unregisters another":           {by: unregistersAnother, ends: exit(0), said: []string{"true"}},
	"a finalizer that unregisters itself":            {by: unregistersItself, ends: exit(0), said: []string{"false"}},
	"a finalizer that keeps a service":               {by: finalizer(keepsService), ends: exit(0), said: []string{"kept"}},
	"a finalizer that calls Stop":                    {by: finalizer(func() { shutdown.Default().Stop(nil) }), ends: exit(0)},
	"a finalizer that calls Stop with an error":      {by: finalizer(func() { shutdown.Default().Stop(errors.New("no luck")) }), ends: exit(1), prints: []string{"no luck"}},
	"a finalizer that calls Exit":                    {by: finalizer(func() { shutdown.Exit(7) }), ends: exit(7)},
	"a finalizer that logs a fatal event":            {by: finalizer(func() { log.Fatal().Msg("no luck"); say("reached") }), ends: exit(1), prints: []string{"no luck"}},
	"a finalizer that runs another":                  {by: runsAnother, ends: exit(0), said: []string{"other", "<nil>"}},
	"a finalizer that runs itself":                   {by: runsItself, ends: exit(0), said: []string{"refused"}},
	"two finalizers that run each other":             {by: runEachOther, ends: exit(0), said: []string{"second", "first", "refused"}},
	"a finalizer that calls Main":                    {by: finalizer(func() { shutdown.Main(noRun) }), ends: exit(2), prints: []string{"Main called twice"}},
	"a finalizer that runs the manager":              {by: runsManager, ends: exit(0), said: []string{"refused"}},
	"a finalizer that sends SIGTERM":                 {by: finalizer(func() { _ = syscall.Kill(os.Getpid(), syscall.SIGTERM) }), ends: exit(0)},
	"a finalizer that writes to a closed pipe":       {by: finalizer(writesToClosedPipe), ends: exit(0)},

	"an observer that panics":           {by: observer(func() { panic("burst") }), ends: exit(0)},
	"an observer that leaves by Goexit": {by: observer(runtime.Goexit), ends: exit(0)},
	"an observer that blocks":           {by: observer(forever), ends: exit(0)},
	"an observer that calls back":       {by: observer(callsBack), ends: exit(0)},
	"an observer that calls Stop":       {by: observer(func() { shutdown.Default().Stop(nil) }), ends: exit(0), unasked: true},
	"an observer that observes":         {by: observer(func() { shutdown.Default().Observe(func(shutdown.Event) {}) }), ends: exit(0)},
	"a logger that panics":              {by: logger(func() { panic("burst") }), ends: exit(0)},
	"a logger that leaves by Goexit":    {by: logger(runtime.Goexit), ends: exit(0)},
	"a logger that blocks":              {by: logger(forever), ends: exit(0)},
	"a logger that calls back":          {by: logger(callsBack), ends: exit(0)},
	"a logger that calls Exit":          {by: logger(func() { shutdown.Exit(0) }), ends: exit(0), unasked: true},
	"a logger that logs with itself":    {by: logsWithItself, ends: exit(0)},
})

// Most containers have one processor. Whoever does not give it up must not keep
// it from the stop.
func TestCodeThatFightsBackOnOneProcessor(t *testing.T) {
	testScenes(t, onOneProcessor(hostileCode))
}

func onOneProcessor(scenes map[string]scene) map[string]scene {
	scenes = maps.Clone(scenes)
	for name, s := range scenes {
		s.env = append(slices.Clone(s.env), "GOMAXPROCS=1")
		scenes[name] = s
	}
	return scenes
}

// Something that starts another of its kind whenever it is told to stop has no
// end: when its time is up, one of them may be running or not.
func TestCodeThatStartsItselfAgain(t *testing.T) {
	t.Parallel()
	for name := range endlessCode {
		for _, env := range []string{"GOMAXPROCS=1", "GOMAXPROCS=2"} {
			t.Run(name+", "+env, func(t *testing.T) {
				t.Parallel()
				p := startAndTerminate(t, name, with(env, "SHUTDOWN_GRACE=6s")) // the oldest begins in the last of it
				if got := p.wait(); got != exit(0) && got != exit(124) || p.took > 6*time.Second+p.paused()+slack {
					t.Errorf("the program ended with %v after %v, want 0 or 124 after 6s", got, p.took)
				}
				for _, name := range []string{"newest", "oldest"} { // it has ended, or it is named: it began in any case
					if !slices.Contains(p.words, name) && !strings.Contains(p.printed(), `"name":"`+name+`"`) {
						t.Errorf("%s has not been started; the program said %q", name, p.words)
					}
				}
			})
		}
	}
}

var endlessCode = between(map[string]hostility{
	"a service that keeps itself again": {by: keepsItself},
	"an actor that adds itself again":   {by: addsItself},

	// The link that runs when time is up is rightly called stuck.
	"a finalizer that registers itself again": {by: registersItself},
})

// A program that has used up its file descriptors can still be stopped.
func TestProgramWithoutFileDescriptorsStopsInOrder(t *testing.T) {
	t.Parallel()
	p := startAndTerminate(t, "no file descriptors left")
	p.ends(exit(2), grace)
	p.said("newest", "oldest")
	p.prints("panic: burst", "e2e_test.", `"message":"stopped, not everything went well"`)
}

// useUpDescriptors is a program that cannot open anything any more. It opens
// them behind the back of the runtime, which would have what it needs otherwise.
func useUpDescriptors() {
	shutdown.Register("oldest", closes("oldest"))
	shutdown.Register("panics", func() { panic("burst") })
	shutdown.Register("newest", closes("newest"))
	shutdown.Main(func(ctx context.Context) error {
		_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 64, Max: 64})
		for err := error(nil); err == nil; {
			_, err = syscall.Dup(0)
		}
		return obedient(ctx)
	})
}

// Not in parallel with the others, which would be starved.
func TestCodeThatSpins(t *testing.T) {
	for name, s := range spinningCode {
		t.Run(name, func(t *testing.T) { s.test(t, start(t, name, with(s.env...))) })
	}
}

var spinningCode = between(map[string]hostility{
	"an actor that spins on every processor":    {by: actor(spins), long: true, ends: exit(124), prints: []string{`"hostile"`}},
	"a finalizer that spins on every processor": {by: finalizer(func() { _ = spins(context.Background()) }), long: true, ends: exit(124), prints: []string{`"hostile"`}},
})

// A hostility is what happens between two finalizers of a program.
type hostility struct {
	by      func(m *shutdown.Manager)
	long    bool // the usual grace would leave too little time for the last call
	unasked bool // it stops by itself
	ends    ending
	said    []string // after "newest" and before "oldest"
	prints  []string
}

// playBetween is a program with something hostile between two finalizers.
func playBetween(by func(*shutdown.Manager)) func() {
	return between(map[string]hostility{"": {by: by}})[""].play
}

// between puts each hostility between two finalizers that must be run in any
// case, in a program that is asked to stop by SIGTERM.
func between(hostilities map[string]hostility) map[string]scene {
	scenes := make(map[string]scene)
	for name, h := range hostilities {
		s := scene{
			setup: func(m *shutdown.Manager) {
				shutdown.Register("oldest", closes("oldest"))
				h.by(m)
				shutdown.Register("newest", closes("newest"))
			},
			run: obedient, send: term, ends: h.ends, prints: h.prints,
			said: append(append([]string{"newest"}, h.said...), "oldest"),
		}
		if h.unasked {
			s.send, s.said = nil, append([]string{"ready"}, s.said...)
		}
		if h.long {
			s.env, s.within = []string{"SHUTDOWN_GRACE=4s"}, 4*time.Second
		}
		scenes[name] = s
	}
	return scenes
}

func actor(run func(context.Context) error) func(*shutdown.Manager) {
	return func(m *shutdown.Manager) { m.Go("hostile", run) }
}

// interrupt makes an actor that obeys, after its interrupt has done something.
func interrupt(fn func()) func(*shutdown.Manager) {
	return func(m *shutdown.Manager) {
		told := make(chan struct{})
		m.Add("hostile", func() error { <-told; return nil }, func(error) { close(told); fn() })
	}
}

func service(run func(context.Context) error) func(*shutdown.Manager) {
	return func(m *shutdown.Manager) { m.Keep("hostile", run) }
}

func finalizer(fn func()) func(*shutdown.Manager) {
	return func(m *shutdown.Manager) {
		m.Register("hostile", func(context.Context) error { fn(); return nil })
	}
}

func observer(fn func()) func(*shutdown.Manager) {
	return func(m *shutdown.Manager) { m.Observe(func(shutdown.Event) { fn() }) }
}

func logger(fn func()) func(*shutdown.Manager) {
	return func(m *shutdown.Manager) {
		l := zerolog.New(writer(fn))
		m.Logger = &l
	}
}

// A writer does something whenever it is written to.
type writer func()

func (w writer) Write(p []byte) (int, error) { w(); return len(p), nil }

func times(n int, by func(*shutdown.Manager)) func(*shutdown.Manager) {
	return func(m *shutdown.Manager) {
		for range n {
			by(m)
		}
	}
}

// stopped does something when it is told to stop.
func stopped(fn func()) func(context.Context) error {
	return func(ctx context.Context) error { <-ctx.Done(); fn(); return nil }
}

// explosive is an error that cannot even be printed.
type explosive struct{}

func (explosive) Error() string { panic("an Error method that panics") }

// spin spins for ever.
func spin() {
	for turns := uint(0); ; turns++ {
		runtime.KeepAlive(turns)
	}
}

// spins keeps every processor busy.
func spins(context.Context) error {
	for range runtime.NumCPU() - 1 {
		go spin()
	}
	spin()
	return nil
}

func holdsLock(m *shutdown.Manager) {
	var mu sync.Mutex
	locked := make(chan struct{})
	m.Go("holds the lock", func(context.Context) error { mu.Lock(); close(locked); forever(); return nil })
	m.Register("wants the lock", func(context.Context) error { <-locked; mu.Lock(); return nil })
}

// registersItself goes on for ever, if nobody ends it.
func registersItself(m *shutdown.Manager) {
	var again func(context.Context) error
	again = func(context.Context) error { m.Register("hostile", again); return nil }
	m.Register("hostile", again)
}

// keepsItself and addsItself do the same.
func keepsItself(m *shutdown.Manager) {
	var again func(context.Context) error
	again = func(ctx context.Context) error { <-ctx.Done(); m.Keep("hostile", again); return nil }
	m.Keep("hostile", again)
}

func addsItself(m *shutdown.Manager) {
	var again func(context.Context) error
	again = func(ctx context.Context) error { <-ctx.Done(); m.Go("hostile", again); return nil }
	m.Go("hostile", again)
}

func unregistersAnother(m *shutdown.Manager) {
	other := m.Register("other", func(context.Context) error { say("other"); return nil })
	m.Register("hostile", func(context.Context) error { say("%v", other.Unregister()); return nil })
}

func unregistersItself(m *shutdown.Manager) {
	var f *shutdown.Finalizer
	f = m.Register("hostile", func(context.Context) error { say("%v", f.Unregister()); return nil })
}

func keepsService() {
	shutdown.Default().Keep("late", func(ctx context.Context) error { <-ctx.Done(); say("kept"); return nil })
}

func runsAnother(m *shutdown.Manager) {
	other := m.Register("other", func(context.Context) error { say("other"); return nil })
	m.Register("hostile", func(ctx context.Context) error { say("%v", other.Run(ctx)); return nil })
}

func runsItself(m *shutdown.Manager) {
	var f *shutdown.Finalizer
	f = m.Register("hostile", func(ctx context.Context) error { refuses(f.Run(ctx)); return nil })
}

func runEachOther(m *shutdown.Manager) {
	var first, second *shutdown.Finalizer
	first = m.Register("first", func(ctx context.Context) error { say("first"); refuses(second.Run(ctx)); return nil })
	second = m.Register("second", func(ctx context.Context) error { say("second"); return first.Run(ctx) })
}

// refuses says so if something was refused.
func refuses(err error) {
	if err != nil {
		say("refused")
	}
}

func runsManager(m *shutdown.Manager) {
	m.Register("hostile", func(ctx context.Context) error { refuses(m.Run(ctx)); return nil })
}

func writesToClosedPipe() {
	r, w, _ := os.Pipe()
	r.Close()
	_, _ = w.WriteString("is anybody there?\n")
}

// callsBack calls what a curious listener might call.
func callsBack() {
	m := shutdown.Default()
	_ = m.Report()
	_ = m.State()
	_ = m.Ready()
	m.Register("of a listener", func(context.Context) error { return nil }).Unregister()
	if release, err := m.Hold("of a listener"); err == nil {
		release()
	}
}

// logsWithItself logs with the manager's logger while that is writing.
func logsWithItself(m *shutdown.Manager) {
	var l zerolog.Logger
	deep := 0
	l = zerolog.New(writer(func() {
		if deep++; deep%2 == 1 {
			l.Info().Msg("writing")
		}
	}))
	m.Logger = &l
}

// What cannot be survived: the documentation says so, and these tests show it.

func TestOSExitInAFinalizerCannotBeSurvived(t *testing.T) {
	t.Parallel()
	p := startAndTerminate(t, "os.Exit in a finalizer")
	p.ends(exit(9), grace)
	p.said("newest")
}

func TestStandardLogFatalInAFinalizerCannotBeSurvived(t *testing.T) {
	t.Parallel()
	p := startAndTerminate(t, "the standard log's Fatal in a finalizer")
	p.ends(exit(1), grace)
	p.said("newest")
}

func TestPanicInAGoroutineOfTheProgramsOwnCannotBeSurvived(t *testing.T) {
	t.Parallel()
	p := startAndTerminate(t, "a panic in a goroutine of its own")
	p.ends(exit(2), grace)
	p.said()
	p.prints("panic: burst")
}

func TestFatalErrorOfTheRuntimeCannotBeSurvived(t *testing.T) {
	t.Parallel()
	p := startAndTerminate(t, "a fatal error of the runtime")
	p.ends(exit(2), grace)
	p.said("newest")
	p.prints("fatal error: ")
}

func TestSignalsThatTheProgramTakesAwayCannotBeSurvived(t *testing.T) {
	t.Parallel()
	p := startAndTerminate(t, "signals reset by the program")
	p.ends(diesBy(syscall.SIGTERM), grace)
	p.said()
}

func TestParentContextThatEndsInADrainEndsTheStopInOrder(t *testing.T) {
	t.Parallel()
	p := startAndTerminate(t, "a parent that ends while draining")
	p.ends(exit(0), 4*grace)
	p.said("draining", "actor", "finalizer", "terminated signal received", "<nil>")
}

func TestAThousandManagersStopTogether(t *testing.T) {
	t.Parallel()
	p := startAndTerminate(t, "a thousand managers")
	p.ends(exit(0), 4*grace)
	p.said("1000 actors, 1000 finalizers, 1000 without error")
}

func TestTwoManagersBothReceiveTheSignal(t *testing.T) {
	t.Parallel()
	p := startAndTerminate(t, "a manager beside Main")
	p.ends(exit(0), grace)
	p.said("the other: <nil>", "main")
}

// Who runs a manager of his own in a context that nobody's Run stands behind: a scope's
// of a program without Main, or that of a manager which only lends it.
func TestManagerInAContextOfOneThatIsNotRunHearsTheSignal(t *testing.T) {
	t.Parallel()
	p := startAndTerminate(t, "a manager in a scope without Main")
	p.ends(exit(0), grace)
	p.said("journal", "database", "<nil>")
}

func TestManagerBesideMain_isStoppedWhoeverLendsItsContext(t *testing.T) {
	t.Parallel()
	p := startAndTerminate(t, "a manager in the context of one that is not run")
	p.ends(exit(0), grace)
	p.said("journal", "database")
}

func TestManagerThatBeginsWhileMainStopsIsStoppedToo(t *testing.T) {
	t.Parallel()
	p := startAndTerminate(t, "a manager that begins in a finalizer")
	p.ends(exit(0), grace)
	p.said("journal", "<nil>", "database")
}

var fightbackPrograms = programs{
	"a manager in a scope without Main": func() {
		err := shutdown.Scope(context.Background(), "app", func(ctx context.Context) error {
			shutdown.Finally(ctx, "database", func() { say("database") })
			return journaling().Run(ctx)
		})
		say("%v", err)
		os.Exit(0)
	},
	"a manager in the context of one that is not run": func() {
		shutdown.Register("database", func() { say("database") })
		shutdown.Main(func(ctx context.Context) error {
			go func() { _ = journaling().Run(new(shutdown.Manager).Context()) }() // ends with the stop
			<-ctx.Done()
			return nil
		})
	},
	"a manager that begins in a finalizer": func() {
		shutdown.Register("database", func() { say("database") })
		shutdown.Register("part", func() {
			m := new(shutdown.Manager)
			m.Register("journal", func(context.Context) error { say("journal"); return nil })
			say("%v", m.Run(context.Background()))
		})
		shutdown.Main(obedient)
	},
	"no file descriptors left":                useUpDescriptors,
	"os.Exit in a finalizer":                  playBetween(finalizer(func() { os.Exit(9) })),
	"the standard log's Fatal in a finalizer": playBetween(finalizer(func() { stdlog.Fatal("no luck") })),
	"a fatal error of the runtime":            playBetween(finalizer(func() { new(sync.Mutex).Unlock() })),
	"signals reset by the program": func() {
		shutdown.Register("finalizer", closes("finalizer"))
		shutdown.Main(func(ctx context.Context) error { signal.Reset(); return obedient(ctx) })
	},
	"a panic in a goroutine of its own": func() {
		shutdown.Register("finalizer", closes("finalizer"))
		shutdown.Main(func(ctx context.Context) error {
			ready()
			<-ctx.Done()
			go func() { panic("burst") }()
			forever()
			return nil
		})
	},
	"a parent that ends while draining": parentEndsInDrain,
	"a thousand managers":               thousandManagers,
	"a manager beside Main": func() {
		shutdown.Register("main", closes("main"))
		shutdown.Main(func(ctx context.Context) error {
			var other shutdown.Manager
			on(&other, shutdown.Running, ready)
			say("the other: %v", other.Run(context.Background()))
			<-ctx.Done()
			return nil
		})
	},
}

// journaling is a manager that says when it runs.
func journaling() *shutdown.Manager {
	m := new(shutdown.Manager)
	m.Register("journal", func(context.Context) error { say("journal"); return nil })
	m.Go("worker", obedient)
	return m
}

func parentEndsInDrain() {
	parent, cancel := context.WithCancel(context.Background())
	m := &shutdown.Manager{Grace: 4 * grace, Drain: 2 * grace}
	m.Go("actor", func(ctx context.Context) error { ready(); <-ctx.Done(); say("actor"); return nil })
	m.Register("finalizer", func(context.Context) error { say("finalizer"); return nil })
	on(m, shutdown.Draining, func() { say("draining"); cancel() })
	err := m.Run(parent)
	say("%v", m.Report().Cause)
	say("%v", err)
	os.Exit(0)
}

func thousandManagers() {
	const n = 1000
	var mu sync.Mutex
	var actors, finalizers, fine int
	count := func(what *int) { mu.Lock(); *what++; mu.Unlock() }
	var running, over sync.WaitGroup
	running.Add(n)
	quiet := zerolog.New(io.Discard)
	for range n {
		m := &shutdown.Manager{Grace: 4 * grace, Logger: &quiet}
		m.Go("actor", func(ctx context.Context) error { running.Done(); <-ctx.Done(); count(&actors); return nil })
		m.Register("finalizer", func(context.Context) error { count(&finalizers); return nil })
		over.Go(func() {
			if m.Run(context.Background()) == nil {
				count(&fine)
			}
		})
	}
	running.Wait()
	ready()
	over.Wait()
	say("%d actors, %d finalizers, %d without error", actors, finalizers, fine)
	os.Exit(0)
}
