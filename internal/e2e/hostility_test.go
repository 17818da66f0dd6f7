//go:build unix

package e2e_test

import (
	"context"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/seed7e043c35/lastcall/shutdown"
)

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
