package bench_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// BenchmarkStopScopes is the end of n scopes within each other, with a
// finalizer each.
func BenchmarkStopScopes(b *testing.B) {
	grow(b, []int{1, 100, 1000, some}, []subject{
		{"lastcall", some, func(b *testing.B, n int) func() {
			m := newManager()
			return nesting(b, func(bottom func() error) error { return scopes(m.Context(), n, bottom) })
		}},
		{"defer", some, func(b *testing.B, n int) func() {
			return nesting(b, func(bottom func() error) error { return defers(context.Background(), n, bottom) })
		}},
	})
}

func scopes(ctx context.Context, n int, bottom func() error) error {
	if n == 0 {
		return bottom()
	}
	return shutdown.Scope(ctx, "name", func(ctx context.Context) error {
		shutdown.Finally(ctx, "name", nop)
		return scopes(ctx, n-1, bottom)
	})
}

func defers(ctx context.Context, n int, bottom func() error) (err error) {
	if n == 0 {
		return bottom()
	}
	ctx, cancel := context.WithCancel(ctx)
	defer func() {
		cancel()
		err = errors.Join(err, nop(context.WithoutCancel(ctx)))
	}()
	return defers(ctx, n-1, bottom)
}

// nesting calls nest in a goroutine of its own and returns when it has reached
// its bottom. The function that it returns lets it end, and waits for that.
func nesting(b *testing.B, nest func(bottom func() error) error) (stop func()) {
	reached, leave, left := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() { // ends after leave has been closed
		left <- nest(func() error {
			close(reached)
			<-leave
			return nil
		})
	}()
	<-reached
	return func() {
		close(leave)
		check(b, <-left)
	}
}

// BenchmarkStopOpenScopes is the stop of a program with n scopes beside each
// other, each in a goroutine, with one finalizer, and told to end by its
// context.
func BenchmarkStopOpenScopes(b *testing.B) {
	grow(b, []int{1, 100, some, much}, []subject{
		{"lastcall", much, func(b *testing.B, n int) func() {
			m := newManager()
			wait := running(m)
			end := beside(b, n, func(up func()) error {
				return shutdown.Scope(m.Context(), "name", func(ctx context.Context) error {
					shutdown.Finally(ctx, "name", nop)
					up()
					<-ctx.Done()
					return nil
				})
			})
			return func() {
				m.Stop(nil)
				check(b, wait())
				end()
			}
		}},
		{"defer", much, func(b *testing.B, n int) func() {
			ctx, cancel := context.WithCancel(context.Background())
			end := beside(b, n, func(up func()) (err error) {
				defer func() { err = errors.Join(err, nop(context.WithoutCancel(ctx))) }()
				up()
				<-ctx.Done()
				return nil
			})
			return func() {
				cancel()
				end()
			}
		}},
	})
}

// beside calls call in n goroutines and returns when all of them are up. The
// function that it returns waits for their ends.
func beside(b *testing.B, n int, call func(up func()) error) (end func()) {
	var up, all sync.WaitGroup
	up.Add(n)
	for range n {
		all.Go(func() { // ends when it is told to
			if err := call(up.Done); err != nil {
				b.Error(err)
			}
		})
	}
	up.Wait()
	return all.Wait
}
