package actors

import (
	"errors"

	"github.com/seed7e043c35/lastcall/internal/stacks"
	"github.com/seed7e043c35/lastcall/shutdown"
)

// protect calls fn, in which code of the program runs in a goroutine that no
// manager has started, and tells done how it ended: with fn's error, with a
// *[shutdown.PanicError], or with errGoexit. Nobody else would survive a panic
// there. As the error of an actor it counts as the panic that it was.
func protect(fn func() error, done func(error)) {
	err := errGoexit // replaced only if fn returns
	defer func() {
		if v := recover(); v != nil {
			err = &shutdown.PanicError{Value: v, Stack: stacks.OfPanic()}
		}
		done(err)
	}()
	err = fn()
}

var errGoexit = errors.New("a reader or writer left by runtime.Goexit")
