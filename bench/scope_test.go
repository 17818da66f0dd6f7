package bench_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// BenchmarkScopeEmpty is a function call in a scope that nothing is registered
// with.
func BenchmarkScopeEmpty(b *testing.B) {
	for _, p := range []pair{
		{"lastcall", func(*testing.B) func() {
			ctx := newManager().Context()
			return func() { _ = shutdown.Scope(ctx, "name", nop) }
		}},
		withCancel,
	} {
		p.run(b)
	}
}

// BenchmarkScopeFinally is one that closes one thing at its end, beside what a
// program would write.
func BenchmarkScopeFinally(b *testing.B) {
	for _, p := range []pair{
		{"lastcall", func(*testing.B) func() {
			ctx := newManager().Context()
			return func() {
				_ = shutdown.Scope(ctx, "name", func(ctx context.Context) error {
					shutdown.Finally(ctx, "name", nop)
					return nil
				})
			}
		}},
		{"deadline-list", func(*testing.B) func() {
			ctx := newManager().Context()
			return func() {
				_ = within(ctx, 9*time.Second, func(_ context.Context, l *deadlineList) error {
					l.add(nop)
					return nil
				})
			}
		}},
		withCancel,
	} {
		p.run(b)
	}
}

var withCancel = pair{"context.WithCancel", func(*testing.B) func() {
	ctx := newManager().Context()
	return func() { _ = cancelled(ctx, nop) }
}}

func cancelled(ctx context.Context, fn func(ctx context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	return fn(ctx)
}

// A deadlineList is what one would write oneself for the same promise: hooks run
// newest first, each with a context that lives until its slot ends; one that
// does not obey is left behind, a panic is an error, and no error is lost. It
// has no names, no call sites and no stop of a program around.
type deadlineList struct{ hooks []func(context.Context) error }

func (l *deadlineList) add(hook func(context.Context) error) { l.hooks = append(l.hooks, hook) }

// within calls fn and then what it has added to the list, in at most grace.
func within(ctx context.Context, grace time.Duration, fn func(context.Context, *deadlineList) error) (err error) {
	life, cancel := context.WithCancel(ctx)
	l := new(deadlineList)
	defer func() {
		cancel()
		err = errors.Join(err, l.end(context.WithoutCancel(ctx), time.Now().Add(grace)))
	}()
	return fn(life, l)
}

func (l *deadlineList) end(ctx context.Context, end time.Time) (failed error) {
	for _, hook := range slices.Backward(l.hooks) {
		slot, cancel := context.WithTimeout(ctx, time.Until(end)*3/4)
		result := make(chan error, 1) // buffered: who is left behind must still be able to finish
		go func() { result <- isolated(slot, hook) }()
		select {
		case err := <-result:
			failed = errors.Join(failed, err)
		case <-slot.Done():
			failed = errors.Join(failed, slot.Err())
		}
		cancel()
	}
	return failed
}

func isolated(ctx context.Context, hook func(context.Context) error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	return hook(ctx)
}
