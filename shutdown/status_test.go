package shutdown_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"testing"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/signals"
)

type coded int

func (c coded) Error() string { return fmt.Sprint("coded ", int(c)) }
func (c coded) ExitCode() int { return int(c) }

func TestExitCode_isTheFirstThatApplies(t *testing.T) {
	var (
		panicked  = &shutdown.PanicError{Value: "x"}
		stuck     = &shutdown.StuckError{}
		interrupt = &signals.Error{Signal: os.Interrupt}
	)
	for _, c := range []struct {
		err  error
		want int
	}{
		{nil, 0},
		{io.EOF, 1},
		{errors.Join(stuck, panicked, shutdown.ErrForced), 130},
		{errors.Join(&shutdown.ExitError{Code: 3}, stuck, panicked), 2},
		{errors.Join(&shutdown.ExitError{Code: 3}, stuck), 124},
		{errors.Join(io.EOF, &shutdown.ExitError{Code: 3}, coded(4)), 3},
		{errors.Join(interrupt, &shutdown.ExitError{Code: 7}), 7},
		{&shutdown.ExitError{Code: 0}, 0},
		{errors.Join(&shutdown.ExitError{Code: 0}, io.EOF), 1},
		{errors.Join(&shutdown.ExitError{Code: 0}, coded(9)), 9},
		{fmt.Errorf("wrapped: %w", coded(4)), 4},
		{coded(0), 0},
		{errors.Join(io.EOF, coded(0)), 1},
		{coded(255), 255},
		{coded(256), 1},
		{coded(-1), 1},
		{interrupt, 130},
		{&signals.Error{Signal: syscall.SIGTERM}, 143},
		{errors.Join(interrupt, io.EOF), 1},
		{context.Canceled, 1},
	} {
		if got := shutdown.ExitCode(c.err); got != c.want {
			t.Errorf("ExitCode(%v) = %d, want %d", c.err, got, c.want)
		}
	}
}
