package shutdown

import (
	"context"
	"reflect"
	"strconv"
)

// Func is every shape in which Go code spells a cleanup: db.Close, cancel,
// ticker.Stop, provider.Shutdown.
type Func interface {
	~func() | ~func() error | ~func(context.Context) | ~func(context.Context) error
}

// callFunc calls fn, which has one of the shapes of Func.
//
// It is kept as it was given until it is called, since a closure that adapts it
// would cost an allocation for each registration.
func callFunc(ctx context.Context, fn any) error {
	switch fn := fn.(type) {
	case func(context.Context) error:
		return fn(ctx)
	case func() error:
		return fn()
	case func(context.Context):
		fn(ctx)
		return nil
	case func():
		fn()
		return nil
	case context.CancelFunc:
		fn()
		return nil
	case caller:
		return fn.call(ctx)
	}
	return callNamed(ctx, reflect.ValueOf(fn))
}

// A caller is a function with something around it.
type caller interface {
	call(ctx context.Context) error
}

// callNamed calls a function of a named type.
func callNamed(ctx context.Context, fn reflect.Value) error {
	var in []reflect.Value
	if fn.Type().NumIn() == 1 {
		in = []reflect.Value{reflect.ValueOf(&ctx).Elem()}
	}
	if out := fn.Call(in); len(out) == 1 {
		err, _ := out[0].Interface().(error)
		return err
	}
	return nil
}

// must panics with what was wrong with a call of the named function, unless ok.
func must(ok bool, function, name, wrong string) {
	if !ok {
		panic("shutdown: " + function + "(" + strconv.Quote(name) + "): " + wrong)
	}
}

const nilFunc = "the function is nil"
