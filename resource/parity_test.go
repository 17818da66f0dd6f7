package resource_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"github.com/seed7e043c35/lastcall/resource"
	"github.com/seed7e043c35/lastcall/shutdown"
)

// The ancestor of this module is anyio-atexit, a Python package of two
// functions. The tests say what became of each of their behaviours; see also
// docs/from-python.md.
//
//	run_finally(task, *args)           shutdown.Finally, Register
//	ensure_resource_closure(resource)  resource.Ensure, Track

// An album notes what happened, in order.
type album struct{ events []string }

func (a *album) notes(event string) func() {
	return func() { a.events = append(a.events, event) }
}

func (a *album) want(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(a.events, want) {
		t.Errorf("events = %q, want %q", a.events, want)
	}
}

// run_finally: the task runs before the current context has finished.
func TestRunFinally_runsTheTaskBeforeItsContextHasFinished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, _ := newManager()
		var a album
		m.Go("run", func(ctx context.Context) error {
			shutdown.Finally(ctx, "of the program", a.notes("of the program"))
			_ = shutdown.Scope(ctx, "scope", func(ctx context.Context) error {
				shutdown.Finally(ctx, "of the scope", a.notes("of the scope"))
				return nil
			})
			a.notes("scope over")()
			return nil
		})
		if err := m.Run(context.Background()); err != nil {
			t.Errorf("Run() = %v", err)
		}
		a.want(t, "of the scope", "scope over", "of the program")
	})
}

// run_finally: the task is shielded from the cancellation that ends its
// context. Here it is not even a special case: its context is another one.
func TestRunFinally_taskIsShieldedFromTheCancellation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, _ := newManager()
		ctx, cancel := context.WithCancel(m.Context())
		err := shutdown.Scope(ctx, "scope", func(ctx context.Context) error {
			shutdown.Finally(ctx, "task", func(ctx context.Context) error {
				time.Sleep(time.Second) // an await, which a cancelled context would cut short
				return ctx.Err()
			})
			cancel()
			return ctx.Err()
		})
		if err != context.Canceled {
			t.Errorf("Scope() = %v, want nothing but the function's own error", err)
		}
	})
}

// run_finally takes the task's arguments; Go has closures and method values.
func TestRunFinally_taskHasItsArguments(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, _ := newManager()
		var a album
		for _, table := range []string{"users", "orders"} {
			shutdown.Finally(m.Context(), "flush", a.notes(table))
		}
		runAndStop(t, m)
		a.want(t, "orders", "users")
	})
}

// run_finally may be called by a constructor that knows nothing of who calls
// it. Here that is its context. If the constructor fails after that, its half
// of the work is undone at once.
func TestRunFinally_mayBeCalledByAConstructor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, _ := newManager()
		var a album
		open := func(ctx context.Context, name string, err error) error {
			return shutdown.Construct(ctx, name, func(ctx context.Context) error {
				shutdown.Finally(ctx, name, a.notes("close "+name))
				return err
			})
		}
		err := shutdown.Scope(m.Context(), "scope", func(ctx context.Context) error {
			defer a.notes("scope returns")()
			return errors.Join(open(ctx, "first", nil), open(ctx, "second", errBoom))
		})
		if !errors.Is(err, errBoom) {
			t.Errorf("Scope() = %v", err)
		}
		a.want(t, "close second", "scope returns", "close first")
	})
}

// run_finally with asyncio runs tasks oldest first, with Trio all at once. Here
// it is newest first, always.
func TestRunFinally_orderIsNewestFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var a album
		three := func(ctx context.Context) error {
			for _, name := range []string{"one", "two", "three"} {
				shutdown.Finally(ctx, name, func() { time.Sleep(time.Second); a.notes(name)() })
			}
			return nil
		}
		m, _ := newManager()
		_ = shutdown.Scope(m.Context(), "scope", three)
		m.Go("run", three)
		_ = m.Run(context.Background())
		a.want(t, "three", "two", "one", "three", "two", "one")
	})
}

// run_finally knows one context, that of the event loop. Here they nest.
func TestRunFinally_nests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, _ := newManager()
		var a album
		_ = shutdown.Scope(m.Context(), "outer", func(outer context.Context) error {
			return shutdown.Scope(outer, "inner", func(inner context.Context) error {
				shutdown.Finally(inner, "inner", a.notes("inner"))
				shutdown.Finally(outer, "outer", a.notes("outer"))
				shutdown.Finally(m.Context(), "program", a.notes("program"))
				return nil
			})
		})
		a.want(t, "inner", "outer")
		runAndStop(t, m)
		a.want(t, "inner", "outer", "program")
	})
}

// run_finally: a task registered twice runs twice. asyncio-atexit can only
// unregister every registration of a function at once, and anyio-atexit none.
func TestRunFinally_sameTaskTwiceIsTwoRegistrations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, _ := newManager()
		var a album
		task := a.notes("task")
		shutdown.Finally(m.Context(), "task", task)
		second := shutdown.Finally(m.Context(), "task", task)
		third := shutdown.Finally(m.Context(), "task", task)
		if !second.Unregister() || second.Unregister() {
			t.Error("Unregister() did not say true once, and then false")
		}
		if err := third.Run(m.Context()); err != nil {
			t.Errorf("Run() = %v", err)
		}
		a.want(t, "task")
		runAndStop(t, m)
		a.want(t, "task", "task")
	})
}

// run_finally: an exception in one task can take the others with it, and is at
// best printed. Here none does, and all are returned.
func TestRunFinally_failureOfOneTaskDoesNotTakeTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, _ := newManager()
		var a album
		err := shutdown.Scope(m.Context(), "scope", func(ctx context.Context) error {
			shutdown.Finally(ctx, "last", a.notes("last"))
			shutdown.Finally(ctx, "fails", func() error { return errBoom })
			shutdown.Finally(ctx, "panics", func() { panic("bang") })
			shutdown.Finally(ctx, "leaves", func() { runtime.Goexit() })
			return context.Canceled
		})
		a.want(t, "last")
		for _, want := range []string{`finalizer "fails": boom`, `finalizer "panics": panic: bang`, `finalizer "leaves": runtime.Goexit called`, "context canceled"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("Scope() = %v, want %q in it", err, want)
			}
		}
	})
}

// run_finally waits for a task without a bound. Here the others have their
// turn, and who hangs is named.
func TestRunFinally_taskThatHangsDoesNotHangTheProgram(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, _ := newManager()
		m.Grace = 10 * time.Second
		var a album
		block := make(chan struct{})
		defer close(block)
		shutdown.Finally(m.Context(), "last", a.notes("last"))
		shutdown.Finally(m.Context(), "hangs", func() { <-block })
		began := time.Now()
		m.Stop(nil)
		var stuck *shutdown.StuckError
		if err := m.Run(context.Background()); !errors.As(err, &stuck) || stuck.Name != "hangs" {
			t.Errorf("Run() = %v, want it to name what hangs", err)
		}
		a.want(t, "last")
		if took := time.Since(began); took != 9800*time.Millisecond {
			t.Errorf("Run took %v, want 9.8s", took)
		}
	})
}

// ensure_resource_closure closes what its owner has not, with one warning that
// shows one stack frame. Here it shows the way there.
func TestEnsureResourceClosure_closesAndWarnsWithThePlaceOfCreation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, leaks := newManager()
		c := newConn(m.Context())
		runAndStop(t, m)
		if got := c.closes.Load(); got != 1 {
			t.Errorf("closed %d times", got)
		}
		synctest.Wait()
		stack := (<-leaks).Stack
		constructor, caller, _ := strings.Cut(stack, "\n")
		if !strings.Contains(constructor, "newConn") || !strings.Contains(caller, "closesAndWarnsWithThePlaceOfCreation") {
			t.Errorf("the stack shows not the constructor and its caller:\n%s", stack)
		}
		wantLeaks(t, leaks)
	})
}

// ensure_resource_closure does not see an explicit close, and closes again.
// Here nothing is called and nothing said.
func TestEnsureResourceClosure_isSilentIfClosedExplicitly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, leaks := newManager()
		c := newConn(m.Context())
		_ = c.Close()
		tracked := new(conn)
		_ = resource.Track(m.Context(), "tracked", tracked, tracked.Close).Close()
		runAndStop(t, m)
		if c.closes.Load() != 1 || tracked.closes.Load() != 1 {
			t.Errorf("closed %d and %d times, want once each", c.closes.Load(), tracked.closes.Load())
		}
		wantLeaks(t, leaks)
	})
}

// ensure_resource_closure needs is_closed, and a close that may be called
// twice. Track needs neither.
func TestEnsureResourceClosure_needsNoIsClosedAndNoSecondClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, leaks := newManager()
		var a album
		h := resource.Track(m.Context(), "value", 1, a.notes("closed"))
		runAndStop(t, m)
		if err := h.Close(); err != nil || !h.IsClosed() {
			t.Errorf("Close() = %v, closed %v", err, h.IsClosed())
		}
		a.want(t, "closed")
		wantLeaks(t, leaks, "value")
	})
}

// ensure_resource_closure shields the close: also from a cancellation that
// comes in the middle of it.
func TestEnsureResourceClosure_closeIsShieldedFromACancellationInTheMiddle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, leaks := newManager()
		ctx, cancel := context.WithCancel(m.Context())
		err := shutdown.Scope(ctx, "scope", func(ctx context.Context) error {
			resource.Ensure(ctx, new(conn), func(ctx context.Context) error {
				cancel()
				m.Stop(nil)
				time.Sleep(time.Second)
				return ctx.Err()
			})
			return nil
		})
		if err != nil {
			t.Errorf("Scope() = %v", err)
		}
		wantLeaks(t, leaks, "*resource_test.conn")
	})
}

// ensure_resource_closure knows the event loop's end only. Here a resource ends
// with its scope.
func TestEnsureResourceClosure_nests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, leaks := newManager()
		outer := newConn(m.Context())
		var inner *conn
		_ = shutdown.Scope(m.Context(), "scope", func(ctx context.Context) error {
			inner = newConn(ctx)
			return nil
		})
		if !inner.IsClosed() || outer.IsClosed() {
			t.Errorf("inner closed %v, outer closed %v", inner.IsClosed(), outer.IsClosed())
		}
		wantLeaks(t, leaks, "*resource_test.conn")
		runAndStop(t, m)
		if !outer.IsClosed() {
			t.Error("the outer is not closed with the program")
		}
		wantLeaks(t, leaks, "*resource_test.conn")
	})
}

// ensure_resource_closure twice for one resource closes it twice. Here the
// second finds it closed. A registration can be taken back.
func TestEnsureResourceClosure_sameResourceTwiceIsClosedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, leaks := newManager()
		c, spared := new(conn), new(conn)
		resource.Ensure(m.Context(), c, c.Close)
		resource.Ensure(m.Context(), c, c.Close)
		if !resource.Ensure(m.Context(), spared, spared.Close).Unregister() {
			t.Error("Unregister() = false")
		}
		runAndStop(t, m)
		if c.closes.Load() != 1 || spared.IsClosed() {
			t.Errorf("closed %d times, the spared one %v", c.closes.Load(), spared.IsClosed())
		}
		wantLeaks(t, leaks, "*resource_test.conn")
	})
}

// ensure_resource_closure: what fails to close can take the others with it.
func TestEnsureResourceClosure_failureOfOneDoesNotTakeTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, leaks := newManager()
		c := newConn(m.Context())
		resource.Ensure(m.Context(), new(conn), func() error { return errBoom })
		m.Stop(nil)
		if err := m.Run(context.Background()); !errors.Is(err, errBoom) {
			t.Errorf("Run() = %v", err)
		}
		if !c.IsClosed() {
			t.Error("the other is not closed")
		}
		wantLeaks(t, leaks, "*resource_test.conn", "*resource_test.conn")
	})
}

// ensure_resource_closure keeps every resource alive for ever. Here a resource
// that is closed can be collected while the program runs.
func TestEnsureResourceClosure_keepsOnlyTheOpenOnesAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, _ := newManager()
		open := newBuffer(m.Context())
		closed := make([]weak.Pointer[buffer], 1000)
		for i := range closed {
			b := newBuffer(m.Context())
			b.closed.Store(true)
			closed[i] = weak.Make(b)
			synctest.Wait() // a sweep, if this one has begun it
		}
		runtime.GC()
		alive := 0
		for _, p := range closed {
			if p.Value() != nil {
				alive++
			}
		}
		if most := 3 * 64; alive > most { // what has come since the last sweeps
			t.Errorf("%d of %d closed resources are alive, want at most %d", alive, len(closed), most)
		}
		runtime.KeepAlive(open)
		runAndStop(t, m)
	})
}

// A buffer is large enough to have memory of its own.
type buffer struct {
	closed atomic.Bool
	_      [64]byte
}

func newBuffer(ctx context.Context) *buffer {
	b := new(buffer)
	resource.Ensure(ctx, b, func() {})
	return b
}

func (b *buffer) IsClosed() bool { return b.closed.Load() }

// run_finally: an exception that leaves main runs the tasks first. Here it is
// the same for an error and for a panic.
func TestRunFinally_runsTheTaskAlsoIfMainRaises(t *testing.T) {
	for _, raise := range []func() error{
		func() error { return errBoom },
		func() error { panic(errBoom) },
	} {
		synctest.Test(t, func(t *testing.T) {
			m, _ := newManager()
			var a album
			m.Go("main", func(ctx context.Context) error {
				shutdown.Finally(ctx, "task", a.notes("task"))
				return raise()
			})
			if err := m.Run(context.Background()); !errors.Is(err, errBoom) {
				t.Errorf("Run() = %v, want %v in it", err, errBoom)
			}
			a.want(t, "task")
		})
	}
}

// run_finally cannot be told that its task has been done already. Here that is
// Run, and the stop finds nothing more to do.
func TestRunFinally_withAnExplicitCloseBeforeIsCalledOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, _ := newManager()
		var a album
		closing := shutdown.Finally(m.Context(), "close", a.notes("closed"))
		if err := closing.Run(m.Context()); err != nil {
			t.Errorf("Run() = %v", err)
		}
		runAndStop(t, m)
		a.want(t, "closed")
	})
}

// run_finally outside of an event loop is an error. Here a context that belongs
// to nobody is the program's.
func TestRunFinally_withAContextOfNobodyBelongsToTheProgram(t *testing.T) {
	if got, want := shutdown.FromContext(context.Background()), shutdown.Default(); got != want {
		t.Errorf("FromContext(context.Background()) = %p, want Default, %p", got, want)
	}
	f := shutdown.Finally(context.Background(), "task", func() {})
	if !f.Unregister() {
		t.Error("Finally(context.Background()) registered with nobody")
	}
}
