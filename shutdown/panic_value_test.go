package shutdown_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// A map that somebody writes to meanwhile must not be walked: Go would end the
// process. The race detector sees whoever looks into it.
func TestPanicsValue_mayBeInUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, inUse, stop := newStop(), map[int]int{}, make(chan struct{})
		go func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
					inUse[i%64] = i
				}
			}
		}()
		s.Go("bad", func(context.Context) error { panic(inUse) })
		s.Register("bad as well", func(context.Context) error { panic(&inUse) })
		err := s.Run(context.Background())
		close(stop)
		if text := err.Error(); !strings.Contains(text, "(map[int]int) 0x") || !strings.Contains(text, "(*map[int]int) 0x") {
			t.Errorf("Run() = %v", err)
		}
	})
}

type (
	celsius float64
	flag    bool
	point   struct{ x, y int }
	named   struct{ name string }
)

func (n named) String() string { return "named " + n.name }

// What Go prints of a panic's value is what is said of it.
func TestPanicsValue_ofEachKind(t *testing.T) {
	for _, c := range []struct {
		value any
		want  string // the beginning of it
	}{
		{"burst", "burst"},
		{errors.New("burst"), "burst"},
		{fmt.Errorf("wrapped: %w", errBoom), "wrapped: boom"},
		{named{"n"}, "named n"},
		{&named{"n"}, "named n"},
		{true, "true"},
		{-7, "-7"},
		{uint8(7), "7"},
		{1.5, "1.5"},
		{celsius(1.5), "shutdown_test.celsius(1.5)"},
		{flag(true), "shutdown_test.flag(true)"},
		{point{1, 2}, "(shutdown_test.point) 0x"},
		{&point{1, 2}, "(*shutdown_test.point) 0x"},
		{[]int{1, 2}, "([]int) 0x"},
		{(*named)(nil), "(*shutdown_test.named) PANIC"}, // its String panics
	} {
		inBubble(t, func(t *testing.T, s *stop) {
			s.Go("bad", func(context.Context) error { panic(c.value) })
			s.run()
			err := <-s.result
			text := strings.TrimPrefix(err.Error(), `shutdown: actor "bad": panic: `)
			if !strings.HasPrefix(text, c.want) {
				t.Errorf("panic(%T): %q, want it to begin with %q", c.value, text, c.want)
			}
			if got := as[*shutdown.PanicError](t, err).Value; fmt.Sprintf("%T", got) != fmt.Sprintf("%T", c.value) {
				t.Errorf("Value is a %T, want the %T itself", got, c.value)
			}
		})
	}
}
