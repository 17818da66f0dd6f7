package resource_test

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/seed7e043c35/lastcall/resource"
	"github.com/seed7e043c35/lastcall/shutdown"
)

// A chanConn is closed when its channel is: asking it is to look at a channel,
// which belongs to the bubble that it was made in.
type chanConn struct{ done chan struct{} }

func newChanConn(ctx context.Context) *chanConn {
	c := &chanConn{make(chan struct{})}
	resource.Ensure(ctx, c, c.Close)
	return c
}

func (c *chanConn) Close() error { close(c.done); return nil }

func (c *chanConn) IsClosed() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// What was made in a bubble of a test is not asked from another one, nor from
// outside: Go would end the process.
func TestResources_ofDifferentBubblesAreNotMixed(t *testing.T) {
	ctx := context.Background() // the process's own manager has them all
	for range 200 {
		synctest.Test(t, func(t *testing.T) {
			open := newChanConn(ctx)
			_ = newChanConn(ctx).Close()
			_ = open.Close()
		})
		_ = newChanConn(ctx).Close() // outside
	}
}

// A leak that is found in a bubble is told to nobody outside of it.
func TestLeakInABubble_isNotFoundFromOutside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		func() { resource.Track(context.Background(), "leaked", make(chan int), func() {}) }()
	})
	runtime.GC()
	runtime.GC()
}

// Also what a constructor hands over.
func TestClosedResources_areSweptOut(t *testing.T) {
	for name, open := range map[string]func(ctx context.Context) *conn{
		"at once": newConn,
		"in a constructor": func(ctx context.Context) (c *conn) {
			_ = shutdown.Construct(ctx, "client", func(ctx context.Context) error { c = newConn(ctx); return nil })
			return c
		},
		"in one in another": func(ctx context.Context) (c *conn) {
			_ = shutdown.Construct(ctx, "pool", func(ctx context.Context) error {
				return shutdown.Construct(ctx, "client", func(ctx context.Context) error { c = newConn(ctx); return nil })
			})
			return c
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, _ := newManager()
				const live = 100
				for range live {
					open(m.Context())
				}
				for range 5000 {
					_ = open(m.Context()).Close()
					synctest.Wait() // a sweep, if one has begun
				}
				if got, most := m.Report().Pending, 3*live+4*64; got > most {
					t.Errorf("%d resources are on the list, with %d live; want at most %d", got, live, most)
				}
				runAndStop(t, m)
			})
		})
	}
}

// blocking is a resource that never says whether it is closed.
type blocking struct{ block <-chan struct{} }

func (b blocking) IsClosed() bool { <-b.block; return true }

// One that blocks when it is asked delays nobody but itself: the others are swept
// out, and it is asked once.
func TestSweep_goesOnWithoutAnIsClosedThatBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, _ := newManager()
		block := make(chan struct{})
		const stubborn = 3
		for range stubborn {
			resource.Ensure(m.Context(), blocking{block}, func() {})
		}
		before := runtime.NumGoroutine()
		for range 5000 {
			_ = newConn(m.Context()).Close()
			synctest.Wait()
		}
		if got, most := m.Report().Pending, stubborn+4*64; got > most {
			t.Errorf("%d resources are on the list, want at most %d", got, most)
		}
		if got := runtime.NumGoroutine() - before; got > 10*stubborn { // some of others may be about
			t.Errorf("%d goroutines wait for %d that block", got, stubborn)
		}
		close(block)
		synctest.Wait()
		runAndStop(t, m)
	})
}

// An owner who runs the finalizer of a resource closes it, once, and has leaked
// nothing.
func TestEnsure_runByItsOwnerIsNoLeak(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, _ := newManager()
		open, closed := &chanConn{make(chan struct{})}, &chanConn{make(chan struct{})}
		first := resource.Ensure(m.Context(), open, open.Close)
		second := resource.Ensure(m.Context(), closed, closed.Close)
		_ = closed.Close()
		for name, f := range map[string]*shutdown.Finalizer{"open": first, "closed": second} {
			if err := f.Run(context.Background()); err != nil { // a second Close would panic
				t.Errorf("Run of one that is %s = %v", name, err)
			}
		}
		if !open.IsClosed() {
			t.Error("it is not closed")
		}
		runAndStop(t, m)
		if got := m.Report().Totals[shutdown.KindResource].Leaked; got != 0 {
			t.Errorf("%d leaks, want none", got)
		}
	})
}

// What a service opens is the service's own: it is closed after its last batch, and
// before what is older.
func TestTrack_inAServiceIsClosedAfterItsLastBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, _ := newManager()
		var events []string
		m.Register("older", func(context.Context) error { events = append(events, "older"); return nil })
		m.Keep("writer", func(ctx context.Context) error {
			h := resource.Track(ctx, "file", 1, func() { events = append(events, "file closed") })
			<-ctx.Done()
			events = append(events, "last batch")
			runtime.KeepAlive(h)
			return nil
		})
		runAndStop(t, m)
		want := []string{"last batch", "file closed", "older"}
		for i := range want {
			if len(events) != len(want) || events[i] != want[i] {
				t.Fatalf("events = %q, want %q", events, want)
			}
		}
	})
}
