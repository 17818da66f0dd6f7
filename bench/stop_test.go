package bench_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/oklog/run"
	"github.com/samber/do/v2"
	"github.com/thejerf/suture/v4"
	"golang.org/x/sync/errgroup"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// A subject is something that consists of n parts and ends with stop.
type subject struct {
	impl  string
	most  int // parts, where more of them would take all day
	begin func(b *testing.B, n int) (stop func())
}

const (
	many = 1_000_000
	much = 100_000
	some = 10_000
)

// BenchmarkStopFinalizers is the stop of a program with n trivial finalizers.
// Only lastcall, fx and the slice run them in order.
func BenchmarkStopFinalizers(b *testing.B) {
	grow(b, []int{1, 100, some, much, many}, []subject{
		{"lastcall", many, func(b *testing.B, n int) func() {
			m := newManager()
			m.Grace = time.Minute
			for range n {
				m.Register("name", nop)
			}
			return stopping(b, m)
		}},
		{"fx", many, func(b *testing.B, n int) func() {
			app := newApp(n)
			check(b, app.Start(context.Background()))
			return func() { check(b, app.Stop(context.Background())) }
		}},
		{"samber-do", some, func(b *testing.B, n int) func() {
			injector := do.New()
			for i := range n {
				do.ProvideNamedValue(injector, strconv.Itoa(i), new(service))
			}
			return func() {
				if report := injector.Shutdown(); !report.Succeed {
					b.Fatal(report)
				}
			}
		}},
		{"context.AfterFunc", many, func(_ *testing.B, n int) func() {
			ctx, cancel := context.WithCancel(context.Background())
			var ended sync.WaitGroup
			ended.Add(n)
			for range n {
				context.AfterFunc(ctx, ended.Done)
			}
			return func() {
				cancel()
				ended.Wait()
			}
		}},
		{"slice", many, func(b *testing.B, n int) func() {
			var hooks []func(context.Context) error
			for range n {
				hooks = append(hooks, nop)
			}
			return func() {
				var failed error
				for i := range hooks {
					failed = errors.Join(failed, hooks[len(hooks)-1-i](context.Background()))
				}
				check(b, failed)
			}
		}},
	})
}

// A service can be shut down by samber/do.
type service struct{ _ int }

func (*service) Shutdown(context.Context) error { return nil }

// stopping starts m and returns what stops it.
func stopping(b *testing.B, m *shutdown.Manager) (stop func()) {
	wait := running(m)
	return func() {
		m.Stop(nil)
		check(b, wait())
	}
}

// BenchmarkStopActors is the stop of a program with n actors.
func BenchmarkStopActors(b *testing.B) {
	grow(b, []int{1, 100, some, much}, []subject{
		{"lastcall", much, func(b *testing.B, n int) func() {
			m := newManager()
			m.Grace = time.Minute
			actor, up := obedient(n)
			for range n {
				m.Go("name", actor)
			}
			stop := stopping(b, m)
			up.Wait()
			return stop
		}},
		{"oklog-run", much, func(b *testing.B, n int) func() {
			var group run.Group
			actor, up := obedient(n)
			var first context.CancelFunc
			for range n {
				ctx, cancel := context.WithCancel(context.Background())
				first = cancel
				group.Add(func() error { return actor(ctx) }, func(error) { cancel() })
			}
			return ending(b, up, first, group.Run)
		}},
		{"errgroup", much, func(b *testing.B, n int) func() {
			ctx, cancel := context.WithCancel(context.Background())
			group, ctx := errgroup.WithContext(ctx)
			actor, up := obedient(n)
			for range n {
				group.Go(func() error { return actor(ctx) })
			}
			return ending(b, up, cancel, group.Wait)
		}},
		{"suture", much, func(b *testing.B, n int) func() {
			ctx, cancel := context.WithCancel(context.Background())
			supervisor := suture.New("name", suture.Spec{EventHook: func(suture.Event) {}})
			actor, up := obedient(n)
			for range n {
				supervisor.Add(serve(actor))
			}
			return ending(b, up, cancel, func() error { return supervisor.Serve(ctx) })
		}},
	})
}

// obedient returns an actor that runs until its context ends, and what tells
// when it has been started n times.
func obedient(n int) (actor func(ctx context.Context) error, up *sync.WaitGroup) {
	up = new(sync.WaitGroup)
	up.Add(n)
	return func(ctx context.Context) error {
		up.Done()
		<-ctx.Done()
		return ctx.Err()
	}, up
}

// ending calls serve, waits until all actors are up, and returns what cancels
// them and waits for the end of serve.
func ending(b *testing.B, up *sync.WaitGroup, cancel context.CancelFunc, serve func() error) (stop func()) {
	served := make(chan error, 1)
	go func() { served <- serve() }() // ends after cancel
	up.Wait()
	return func() {
		cancel()
		if err := <-served; !errors.Is(err, context.Canceled) {
			b.Fatal(err)
		}
	}
}

// A serve is a service of suture.
type serve func(ctx context.Context) error

func (s serve) Serve(ctx context.Context) error { return s(ctx) }

// BenchmarkStopHolds is the stop of a program with n pieces of work in flight,
// all of which end as soon as it has begun.
func BenchmarkStopHolds(b *testing.B) {
	grow(b, []int{1, 100, some, many}, []subject{
		{"lastcall", many, func(b *testing.B, n int) func() {
			m := newManager()
			releases := make([]func(), n)
			for i := range releases {
				releases[i], _ = m.Hold("name")
			}
			wait := running(m)
			return func() {
				m.Stop(nil)
				for _, release := range releases {
					release()
				}
				check(b, wait())
			}
		}},
		{"sync.WaitGroup", many, func(_ *testing.B, n int) func() {
			var inFlight sync.WaitGroup
			for range n {
				inFlight.Add(1)
			}
			return func() {
				for range n {
					inFlight.Done()
				}
				inFlight.Wait()
			}
		}},
	})
}

// grow measures the time that it takes to stop each subject, by the number of
// its parts, and the memory that those take until then.
func grow(b *testing.B, numbers []int, subjects []subject) {
	for _, n := range numbers {
		for _, s := range subjects {
			if n > s.most {
				continue
			}
			b.Run(fmt.Sprintf("n=%d/impl=%s", n, s.impl), func(b *testing.B) {
				var live []float64
				measure(b, func() cost {
					before := inUse()
					stop := s.begin(b, n)
					live = append(live, max(0, inUse()-before))
					return timed(stop)
				})
				b.ReportMetric(median(live), "live-B")
			})
		}
	}
}
