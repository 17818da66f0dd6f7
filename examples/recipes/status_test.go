package recipes

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"github.com/seed7e043c35/lastcall/shutdown"
)

func TestApp_returnsTheStatus(t *testing.T) {
	for want, run := range map[int]func(context.Context) error{
		0: func(context.Context) error { return nil },
		1: func(context.Context) error { return errors.New("not saved") },
		7: func(context.Context) error { return &shutdown.ExitError{Code: 7} },
		2: func(context.Context) error { panic("no reason") },
	} {
		if got := app(t.Context(), slog.New(slog.DiscardHandler), run); got != want {
			t.Errorf("app() = %d, want %d", got, want)
		}
	}
}
