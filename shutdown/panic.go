package shutdown

import (
	"fmt"
	"reflect"
	"strings"
	"unsafe"

	"github.com/seed7e043c35/lastcall/internal/stacks"
)

// A PanicError is a panic in a goroutine that the manager started, recovered
// so that the program can still stop in order. [Main] prints it at the end as
// Go would have.
type PanicError struct {
	Component
	Value any    // what panic was called with
	Stack []byte // the panicking goroutine's, from the panic on, as Go prints it

	text   string // of Value, by Go's own rules
	unread bool   // nobody has asked Value yet
}

func (e *PanicError) Error() string {
	return fmt.Sprintf("shutdown: %s %q: panic: %s", e.Kind, e.Name, e.value())
}

// value is what Value says. Only of a PanicError that somebody else has made is
// it asked for here.
func (e *PanicError) value() string {
	if e.text == "" && e.Value != nil && !e.unread {
		return panicText(e.Value)
	}
	return e.text
}

// Unwrap returns the panic's value if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// crash is what Go prints for a panic that nobody recovers: every line after the
// first is indented, so that none of them can be taken for the runtime's.
func (e *PanicError) crash() string {
	return fmt.Sprintf("panic: %s\n\n%s", strings.ReplaceAll(e.value(), "\n", "\n\t"), e.Stack)
}

// panicText returns what Go prints of a panic's value: what errors and Stringers
// say, basic types as they are, anything else by its type and address. It must
// not look into the value: that may be a map that is in use, or one that
// contains itself.
func panicText(value any) string {
	switch v := value.(type) {
	case error:
		return v.Error()
	case fmt.Stringer:
		return v.String()
	case string:
		return v
	}
	v := reflect.ValueOf(value)
	var basic any
	switch {
	case v.Kind() == reflect.Bool:
		basic = v.Bool()
	case v.CanInt():
		basic = v.Int()
	case v.CanUint():
		basic = v.Uint()
	case v.CanFloat():
		basic = v.Float()
	case v.CanComplex():
		basic = v.Complex()
	case v.Kind() == reflect.String:
		return fmt.Sprintf("%T(%q)", value, v.String())
	default:
		return fmt.Sprintf("(%T) %p", value, addressOf(value))
	}
	if v.Type().PkgPath() == "" {
		return fmt.Sprint(basic)
	}
	return fmt.Sprintf("%T(%v)", value, basic)
}

// addressOf returns the second word of an interface: where its value is.
func addressOf(value any) unsafe.Pointer { return (*[2]unsafe.Pointer)(unsafe.Pointer(&value))[1] }

// protect calls fn and tells done how it ended: with fn's error, with a
// *PanicError, or with errGoexit. In the last case the goroutine ends when done
// returns, and protect does not return.
func protect(fn func() error, done func(error)) {
	err := errGoexit // replaced only if fn returns
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Value: v, Stack: stacks.OfPanic(), unread: true}
		}
		done(err)
	}()
	err = fn()
}
