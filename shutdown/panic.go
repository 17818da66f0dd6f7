package shutdown

import (
	"bytes"
	"fmt"
	"runtime/debug"
)

// A PanicError is a panic in a goroutine that the manager started, recovered
// so that the program can still stop in order. [Main] prints it at the end as
// Go would have.
type PanicError struct {
	Component
	Value any    // what panic was called with
	Stack []byte // the panicking goroutine's, from the panic on, as Go prints it
}

func (e *PanicError) Error() string {
	return fmt.Sprintf("shutdown: %s %q: panic: %v", e.Kind, e.Name, e.Value) // fmt survives an Error method that panics
}

// Unwrap returns the panic's value if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// crash is what Go prints for a panic that nobody recovers.
func (e *PanicError) crash() string {
	var value string
	switch v := e.Value.(type) {
	case error, fmt.Stringer, bool, int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64, uintptr,
		float32, float64, complex64, complex128, string:
		value = fmt.Sprintf("%v", v)
	default:
		value = fmt.Sprintf("(%T) %v", v, v)
	}
	return fmt.Sprintf("panic: %s\n\n%s", value, e.Stack)
}

// protect calls fn and tells done how it ended: with fn's error, with a
// *PanicError, or with errGoexit. In the last case the goroutine ends when done
// returns, and protect does not return.
func protect(fn func() error, done func(error)) {
	err := errGoexit // replaced only if fn returns
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Value: v, Stack: stackOfPanic()}
		}
		done(err)
	}()
	err = fn()
}

// stackOfPanic returns the stack of the calling goroutine as Go would print it
// for the panic that is being recovered: without the frames that do that.
func stackOfPanic() []byte {
	stack := debug.Stack()
	header, frames, _ := bytes.Cut(stack, []byte("\n"))
	for rest := frames; len(rest) > 0; {
		function, after, _ := bytes.Cut(rest, []byte("\n"))
		_, after, _ = bytes.Cut(after, []byte("\n")) // its file and line
		if bytes.HasPrefix(function, []byte("panic(")) {
			frames = after
			break
		}
		rest = after
	}
	return append(append(header[:len(header):len(header)], '\n'), frames...)
}

// failure turns the way in which c's code ended into the error that leaves the
// package: a *PanicError as it is, but named; anything else as wrap makes it.
func failure(c component, err error, wrap func(Component, error) error) error {
	if p, ok := err.(*PanicError); ok {
		if p.Kind == KindNone {
			p.Component = c.public()
		}
		return p
	}
	return wrap(c.public(), err)
}

func asActorError(c Component, err error) error     { return &ActorError{c, err} }
func asFinalizerError(c Component, err error) error { return &FinalizerError{c, err} }
