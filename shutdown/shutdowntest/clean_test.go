package shutdowntest_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/seed7e043c35/lastcall/resource"
	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/shutdowntest"
)

func TestClean_namesWhatWentWrong(t *testing.T) {
	afterASecond := shutdowntest.Signal(time.Second, os.Interrupt)
	for name, c := range map[string]struct {
		run     func(ctx context.Context) error
		options []shutdowntest.Option
		want    []string
		once    string // if not empty: said once only
		not     string // if not empty: not said
	}{
		"nothing": {run: untilStopped, options: []shutdowntest.Option{afterASecond}},
		"being cut short": {
			run:     func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
			options: []shutdowntest.Option{afterASecond},
		},
		"work that was cut": {
			run:     func(ctx context.Context) error { <-shutdown.Work(ctx).Done(); return shutdown.Work(ctx).Err() },
			options: []shutdowntest.Option{afterASecond},
			want:    []string{`actor "run" was cut`},
		},
		"an error": {
			run:  func(context.Context) error { return errors.New("no disk") },
			want: []string{`actor "run": no disk`},
		},
		"two errors": {
			run: func(ctx context.Context) error {
				shutdown.Finally(ctx, "db", func() error { return errors.New("torn") })
				return errors.New("no disk")
			},
			want: []string{"no disk", `finalizer "db": torn`},
		},
		"a panic": {
			run:  func(context.Context) error { panic("boo") },
			want: []string{"panic: boo", "clean_test.go"},
		},
		"a finalizer that overran its slot": {
			run: until(func(ctx context.Context) {
				shutdown.Finally(ctx, "slow", func() { time.Sleep(2 * time.Second) }, shutdown.Within(time.Second))
			}),
			options: []shutdowntest.Option{afterASecond},
			want:    []string{`finalizer "slow"`, "not done after 1s"},
		},
		"something stuck": {
			run: until(func(ctx context.Context) {
				shutdown.Finally(ctx, "hangs", func() { select {} })
			}),
			options: []shutdowntest.Option{afterASecond},
			want:    []string{`finalizer "hangs"`, "still running", "clean_test.go"},
			once:    "hangs",
			not:     "outlived",
		},
		"a goroutine left over": {
			run:     until(func(context.Context) { go hang() }),
			options: []shutdowntest.Option{afterASecond},
			want:    []string{"outlived", "shutdowntest_test.hang"},
		},
		"a ticker left running": {
			run: until(func(context.Context) {
				go func() {
					for range time.Tick(time.Second) {
					}
				}()
			}),
			options: []shutdowntest.Option{afterASecond},
			want:    []string{"outlived", "clean_test.go"},
		},
		"a resource that was not closed": {
			run: until(func(ctx context.Context) {
				resource.Ensure(ctx, &conn{}, func() {})
			}),
			options: []shutdowntest.Option{afterASecond},
			want:    []string{"not closed", "clean_test.go"},
		},
		"an error after a signal": { // which the test itself has sent
			run: until(func(ctx context.Context) {
				shutdown.Finally(ctx, "db", func() error { return errors.New("torn") })
			}),
			options: []shutdowntest.Option{afterASecond},
			want:    []string{"torn"},
			not:     "signal received",
		},
		"what nobody will run": {
			run: until(func(context.Context) {
				shutdown.Register("lost", func() {})
			}),
			options: []shutdowntest.Option{afterASecond},
			want:    []string{"registered with shutdown.Default()", `finalizer "lost" (shutdowntest/clean_test.go:`},
		},
		"being forced": {
			run: until(func(ctx context.Context) {
				shutdown.Finally(ctx, "slow", func(ctx context.Context) { <-ctx.Done() })
			}),
			options: []shutdowntest.Option{afterASecond, shutdowntest.Signal(2*time.Second, os.Interrupt)},
			want:    []string{"forced"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			res := shutdowntest.Run(t, c.run, c.options...)
			got := res.Complaints(res.Clean)
			for _, want := range c.want {
				if !strings.Contains(got, want) {
					t.Errorf("Clean does not say %q: %s", want, got)
				}
			}
			if n := strings.Count(got, c.once); c.once != "" && n != 1 {
				t.Errorf("Clean says %q %d times, want once: %s", c.once, n, got)
			}
			if c.not != "" && strings.Contains(got, c.not) {
				t.Errorf("Clean says %q: %s", c.not, got)
			}
			if len(c.want) == 0 && got != "" {
				t.Errorf("Clean says %s, want nothing", got)
			}
		})
	}
}

// hang blocks for ever, and is visible in a stack.
func hang() { select {} }

// A conn is a resource that is open.
type conn struct{}

func (*conn) IsClosed() bool { return false }
