//go:build unix

package e2e_test

import (
	"context"
	"errors"
	"maps"
	"os"
	"runtime"
	"slices"
	"syscall"
	"testing"

	"github.com/rs/zerolog/log"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// Whatever the code in a program does, what it has registered is run, newest
// first, within the grace, and the status is that of the table.
func TestCodeThatFightsBack(t *testing.T) { testScenes(t, hostileCode) }

// hostileCode has a scene for each way in which code can resist a stop.
var hostileCode = between(map[string]hostility{
	"an actor that ignores everything":      {by: actor(blocks), ends: exit(124), prints: []string{`"hostile"`, "hostility_test.go:"}},
	"an actor that blocks in its interrupt": {by: interrupt(func() { forever() }), ends: exit(124), prints: []string{`"hostile"`}},
	"an actor that holds a lock for ever": {
		by: holdsLock, long: true, ends: exit(124),
		prints: []string{`"holds the lock"`, `"wants the lock"`, "sync.(*Mutex).Lock"},
	},
	"an actor that panics while being stopped": {
		by:   actor(stopped(func() { panic("burst") })),
		ends: exit(2), prints: []string{"panic: burst\n\ngoroutine "},
	},
	"an actor that panics with an error": {
		by:   actor(stopped(func() { panic(errors.New("burst")) })),
		ends: exit(2), prints: []string{"burst", "\ngoroutine "},
	},
	"an actor that panics with nil": {
		by:   actor(stopped(func() { panic(nil) })),
		ends: exit(2), prints: []string{"panic called with nil argument", "\ngoroutine "},
	},
	"an actor that panics with a panicking Error": {
		by:   actor(stopped(func() { panic(explosive{}) })),
		ends: exit(2), prints: []string{"panic: ", "\ngoroutine "},
	},
	"an actor that leaves by Goexit": {by: actor(stopped(runtime.Goexit)), ends: exit(1), prints: []string{`"hostile"`, "Goexit"}},
	"an actor that fails with a panicking Error": {
		by:   actor(func(ctx context.Context) error { <-ctx.Done(); return explosive{} }),
		ends: exit(1), prints: []string{`"hostile"`},
	},
	"an interrupt that panics": {
		by:   interrupt(func() { panic("burst") }),
		ends: exit(2), prints: []string{"panic: burst\n\ngoroutine "},
	},
	"an interrupt that leaves by Goexit": {by: interrupt(runtime.Goexit), ends: exit(1), prints: []string{`"hostile"`, "Goexit"}},
	"a service that ignores everything":  {by: service(blocks), ends: exit(124), prints: []string{`"hostile"`}},
	"a service that panics while being stopped": {
		by:   service(stopped(func() { panic("burst") })),
		ends: exit(2), prints: []string{"panic: burst\n\ngoroutine "},
	},
	"a hold that is never released": {
		by:   func(m *shutdown.Manager) { _, _ = m.Hold("hostile") },
		ends: exit(124), prints: []string{`"hostile"`},
	},
	"a hundred stuck actors": {by: times(100, actor(blocks)), long: true, ends: exit(124), prints: []string{`"hostile"`}},

	"a finalizer that ignores everything": {by: finalizer(forever), ends: exit(124), prints: []string{`"hostile"`, "hostility_test.go:"}},
	"a finalizer that panics": {
		by:   finalizer(func() { panic("burst") }),
		ends: exit(2), prints: []string{"panic: burst\n\ngoroutine "},
	},
	"a finalizer that panics with an error": {
		by:   finalizer(func() { panic(errors.New("burst")) }),
		ends: exit(2), prints: []string{"burst", "\ngoroutine "},
	},
	"a finalizer that panics with nil": {
		by:   finalizer(func() { panic(nil) }),
		ends: exit(2), prints: []string{"panic called with nil argument", "\ngoroutine "},
	},
	"a finalizer that panics with a panicking Error": {
		by:   finalizer(func() { panic(explosive{}) }),
		ends: exit(2), prints: []string{"panic: ", "\ngoroutine "},
	},
	"a finalizer that fails with a panicking Error": {
		by:   func(m *shutdown.Manager) { m.Register("hostile", fails(explosive{})) },
		ends: exit(1), prints: []string{`"hostile"`},
	},
	"a finalizer that leaves by Goexit": {by: finalizer(runtime.Goexit), ends: exit(1), prints: []string{"Goexit"}},
	"a hundred stuck finalizers": {
		by: times(100, finalizer(forever)), long: true, ends: exit(124), prints: []string{`"hostile"`},
	},
	"a finalizer that registers another": {
		by:   finalizer(func() { shutdown.Register("late", closes("late")) }),
		ends: exit(0), said: []string{"late"},
	},
	"a finalizer that unregisters another": {by: unregistersAnother, ends: exit(0), said: []string{"true"}},
	"a finalizer that unregisters itself":  {by: unregistersItself, ends: exit(0), said: []string{"false"}},
	"a finalizer that keeps a service":     {by: finalizer(keepsService), ends: exit(0), said: []string{"kept"}},
	"a finalizer that calls Stop":          {by: finalizer(func() { shutdown.Default().Stop(nil) }), ends: exit(0)},
	"a finalizer that calls Stop with an error": {
		by:   finalizer(func() { shutdown.Default().Stop(errors.New("no luck")) }),
		ends: exit(1), prints: []string{"no luck"},
	},
	"a finalizer that calls Exit": {by: finalizer(func() { shutdown.Exit(7) }), ends: exit(7)},
	"a finalizer that logs a fatal event": {
		by:   finalizer(func() { log.Fatal().Msg("no luck"); say("reached") }),
		ends: exit(1), prints: []string{"no luck"},
	},
	"a finalizer that runs another":      {by: runsAnother, ends: exit(0), said: []string{"other", "<nil>"}},
	"a finalizer that runs itself":       {by: runsItself, ends: exit(0), said: []string{"refused"}},
	"two finalizers that run each other": {by: runEachOther, ends: exit(0), said: []string{"second", "first", "refused"}},
	"a finalizer that calls Main": {
		by:   finalizer(func() { shutdown.Main(noRun) }),
		ends: exit(2), prints: []string{"Main called twice"},
	},
	"a finalizer that runs the manager":        {by: runsManager, ends: exit(0), said: []string{"refused"}},
	"a finalizer that sends SIGTERM":           {by: finalizer(func() { _ = syscall.Kill(os.Getpid(), syscall.SIGTERM) }), ends: exit(0)},
	"a finalizer that writes to a closed pipe": {by: finalizer(writesToClosedPipe), ends: exit(0)},

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
