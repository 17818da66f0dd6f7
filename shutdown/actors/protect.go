package actors

import (
	"bytes"
	"errors"
	"runtime/debug"

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
			err = &shutdown.PanicError{Value: v, Stack: stackOfPanic()}
		}
		done(err)
	}()
	err = fn()
}

var errGoexit = errors.New("a reader or writer left by runtime.Goexit")

// stackOfPanic returns the stack of the calling goroutine from the panic on that
// is being recovered.
func stackOfPanic() []byte {
	stack := debug.Stack()
	header, _, _ := bytes.Cut(stack, []byte("\n"))
	if i := bytes.Index(stack, []byte("\npanic(")); i >= 0 {
		return append(header[:len(header):len(header)], stack[i:]...)
	}
	return stack
}
