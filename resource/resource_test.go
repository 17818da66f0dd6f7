package resource_test

import (
	"context"
	"errors"
	"os"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/seed7e043c35/lastcall/resource"
	"github.com/seed7e043c35/lastcall/shutdown"
)

var errBoom = errors.New("boom")

// A conn knows whether it is closed, and how often it was.
type conn struct{ closes atomic.Int32 }

func (c *conn) Close() error   { c.closes.Add(1); return nil }
func (c *conn) IsClosed() bool { return c.closes.Load() > 0 }

func newConn(ctx context.Context) *conn {
	c := new(conn)
	resource.Ensure(ctx, c, c.Close)
	return c
}

// newManager returns a manager without signals, and the leaks it tells of.
func newManager() (*shutdown.Manager, <-chan *shutdown.LeakError) {
	silent := zerolog.Nop()
	m := &shutdown.Manager{Signals: []os.Signal{}, Logger: &silent}
	leaks := make(chan *shutdown.LeakError, 100)
	m.Observe(func(e shutdown.Event) {
		if leak := (*shutdown.LeakError)(nil); errors.As(e.Err, &leak) {
			leaks <- leak
		}
	})
	return m, leaks
}

func runAndStop(t *testing.T, m *shutdown.Manager) {
	t.Helper()
	m.Stop(nil)
	if err := m.Run(context.Background()); err != nil {
		t.Errorf("Run() = %v", err)
	}
}

func wantLeaks(t *testing.T, leaks <-chan *shutdown.LeakError, want ...string) {
	t.Helper()
	synctest.Wait()
	for _, name := range want {
		select {
		case leak := <-leaks:
			if leak.Name != name {
				t.Errorf("leaked %q, want %q", leak.Name, name)
			}
		default:
			t.Errorf("no leak of %q", name)
		}
	}
	if len(leaks) > 0 {
		t.Errorf("%d more leaks, first %v", len(leaks), <-leaks)
	}
}

func TestEnsure_closesAndWarnsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, leaks := newManager()
		c := newConn(m.Context())
		time.Sleep(time.Minute)
		runAndStop(t, m)
		if got := c.closes.Load(); got != 1 {
			t.Errorf("closed %d times", got)
		}
		synctest.Wait()
		leak := <-leaks
		if leak.Type != "*resource_test.conn" || leak.Age != time.Minute || leak.Kind != shutdown.KindResource {
			t.Errorf("leak of %v, type %q, age %v", leak.Kind, leak.Type, leak.Age)
		}
		lines := strings.Split(leak.Stack, "\n")
		if !strings.HasPrefix(lines[0], "resource_test.newConn ") || !strings.Contains(lines[1], "TestEnsure_closesAndWarnsOnce") {
			t.Errorf("the stack does not begin at the constructor:\n%s", leak.Stack)
		}
		if !strings.Contains(leak.Site, "resource_test.go:") {
			t.Errorf("site = %q", leak.Site)
		}
		wantLeaks(t, leaks)
		if got := m.Report().Totals[shutdown.KindResource]; got.OK != 1 || got.Leaked != 1 {
			t.Errorf("totals = %+v", got)
		}
	})
}

func TestEnsure_saysAndDoesNothingIfItIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, leaks := newManager()
		c := newConn(m.Context())
		_ = c.Close()
		runAndStop(t, m)
		if got := c.closes.Load(); got != 1 {
			t.Errorf("closed %d times", got)
		}
		wantLeaks(t, leaks)
	})
}

func TestEnsure_belongsToItsScope(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, leaks := newManager()
		var c *conn
		if err := shutdown.Scope(m.Context(), "scope", func(ctx context.Context) error {
			c = newConn(ctx)
			return nil
		}); err != nil {
			t.Error(err)
		}
		if !c.IsClosed() {
			t.Error("not closed with its scope")
		}
		wantLeaks(t, leaks, "*resource_test.conn")
	})
}

func TestEnsure_reportsTheErrorOfCloseAndClosesTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, _ := newManager()
		c := newConn(m.Context())
		resource.Ensure(m.Context(), new(conn), func() error { return errBoom })
		resource.Ensure(m.Context(), new(conn), func() { panic("bang") })
		m.Stop(nil)
		err := m.Run(context.Background())
		if !errors.Is(err, errBoom) || !strings.Contains(err.Error(), "bang") {
			t.Errorf("Run() = %v", err)
		}
		if !c.IsClosed() {
			t.Error("the other is not closed")
		}
	})
}

func TestTrack_closesOnceWhoeverCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, leaks := newManager()
		c := new(conn)
		h := resource.Track(m.Context(), "conn", c, func() error { _ = c.Close(); return errBoom })
		if h.Value() != c || h.IsClosed() {
			t.Errorf("value %p, closed %v", h.Value(), h.IsClosed())
		}
		if err := h.Close(); err != errBoom || !h.IsClosed() {
			t.Errorf("Close() = %v, closed %v", err, h.IsClosed())
		}
		if err := h.Close(); err != nil {
			t.Errorf("second Close() = %v", err)
		}
		runAndStop(t, m)
		if got := c.closes.Load(); got != 1 {
			t.Errorf("closed %d times", got)
		}
		wantLeaks(t, leaks)
	})
}

func TestTrack_isClosedByTheStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, leaks := newManager()
		c := new(conn)
		var h *resource.Handle[*conn]
		h = resource.Track(m.Context(), "conn", c, func(context.Context) error {
			if err := h.Close(); err != nil { // from inside: nothing, and no deadlock
				t.Errorf("Close() inside = %v", err)
			}
			return c.Close()
		})
		runAndStop(t, m)
		if !h.IsClosed() || c.closes.Load() != 1 {
			t.Errorf("closed %v, %d times", h.IsClosed(), c.closes.Load())
		}
		if err := h.Close(); err != nil {
			t.Errorf("Close() afterwards = %v", err)
		}
		wantLeaks(t, leaks, "conn")
	})
}

func TestTrack_closeInProgressIsWaitedForByAStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, leaks := newManager()
		closed := false
		h := resource.Track(m.Context(), "slow", 1, func() { time.Sleep(time.Second); closed = true })
		go h.Close()
		synctest.Wait()
		runAndStop(t, m)
		if !closed {
			t.Error("the stop did not wait for Close")
		}
		wantLeaks(t, leaks)
	})
}

func TestLeakedHandle_isWarnedOfWhileTheProgramRuns(t *testing.T) {
	m, leaks := newManager()
	stopped := make(chan error, 1)
	go func() { stopped <- m.Run(context.Background()) }()
	c := new(conn)
	_, _, line, _ := runtime.Caller(0)
	resource.Track(m.Context(), "forgotten", c, c.Close) // and the handle is garbage
	var leak *shutdown.LeakError
	for leak == nil { // the collector runs the cleanup in its own time, but it does run it
		runtime.GC()
		select {
		case leak = <-leaks:
		default:
			runtime.Gosched()
		}
	}
	if want := "resource_test.go:" + strconv.Itoa(line+1); leak.Name != "forgotten" || !strings.HasSuffix(leak.Site, want) {
		t.Errorf("leaked %q at %s, want …%s", leak.Name, leak.Site, want)
	}
	if c.IsClosed() {
		t.Error("closed by the collector")
	}
	m.Stop(nil)
	if err := <-stopped; err != nil {
		t.Errorf("Run() = %v", err)
	}
	if !c.IsClosed() {
		t.Error("not closed in its turn")
	}
	if len(leaks) > 0 {
		t.Errorf("warned twice: %v", <-leaks)
	}
}

func TestSweep_survivesAnIsClosedThatPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, _ := newManager()
		for range 1000 {
			resource.Ensure(m.Context(), panicky{}, func() {})
			synctest.Wait()
		}
		m.Stop(nil)
		if err := m.Run(context.Background()); err == nil || !strings.Contains(err.Error(), "do not ask") {
			t.Errorf("Run() = %v", err)
		}
	})
}

type panicky struct{}

func (panicky) IsClosed() bool { panic("do not ask") }

func heapInUse() uint64 {
	runtime.GC()
	runtime.GC() // the second frees what the cleanups of the first let go
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

func TestMemory_isThatOfTheLiveOnes(t *testing.T) {
	many := 1_000_000
	if raceEnabled {
		many /= 10
	}
	m, _ := newManager()
	open := func(n int) {
		for range n {
			_ = newConn(m.Context()).Close()
			_ = resource.Track(m.Context(), "value", 1, func() {}).Close()
		}
	}
	open(many / 10)
	before := heapInUse()
	open(many)
	if after := heapInUse(); after > before+1<<20 {
		t.Errorf("%d opened and closed: the heap grew from %d to %d bytes", many, before, after)
	}
}

func TestMemory_ofAStackIsSharedByAllThatWereCreatedThere(t *testing.T) {
	if pprof.Lookup("resources") != nil {
		t.Skip("another test has called Profile, and pprof keeps a stack of each resource")
	}
	m, _ := newManager()
	const live = 100_000
	conns := make([]*conn, 0, live)
	before := heapInUse()
	for range live {
		conns = append(conns, newConn(m.Context()))
	}
	each := (heapInUse() - before) / live
	if each > 256 { // a stack of 32 frames alone would be that much
		t.Errorf("each of %d resources from one place holds %d bytes", live, each)
	}
	for _, c := range conns {
		_ = c.Close()
	}
}

func TestProfile_listsLiveResourcesByTheirCreation(t *testing.T) {
	profile := resource.Profile()
	if profile != resource.Profile() || pprof.Lookup("resources") != profile {
		t.Error("Profile() is not the profile named resources")
	}
	m, _ := newManager()
	before := profile.Count()
	h := resource.Track(m.Context(), "file", 1, func() {})
	f := resource.Ensure(m.Context(), new(conn), func() {})
	if got := profile.Count() - before; got != 2 {
		t.Errorf("%d resources in the profile, want 2", got)
	}
	var text strings.Builder
	if err := profile.WriteTo(&text, 1); err != nil {
		t.Fatal(err)
	}
	if got := text.String(); !strings.Contains(got, "TestProfile_lists") || strings.Contains(got, "resource.Track") || strings.Contains(got, "resource.Ensure") {
		t.Errorf("the stacks do not begin at the callers:\n%s", got)
	}
	_ = h.Close()
	f.Unregister()
	if got := profile.Count(); got != before {
		t.Errorf("%d resources left in the profile, want %d", got, before)
	}
}

func TestBadArguments_panicWithWhatWasWrong(t *testing.T) {
	ctx := context.Background()
	for name, call := range map[string]func(){
		"resource: Ensure: nil resource":                                   func() { resource.Ensure(ctx, nil, func() {}) },
		"resource: Ensure(*resource_test.conn): the close function is nil": func() { resource.Ensure[func()](ctx, new(conn), nil) },
		`resource: Track("x"): the close function is nil`:                  func() { resource.Track[int, func()](ctx, "x", 1, nil) },
	} {
		func() {
			defer func() {
				if got := recover(); got != name {
					t.Errorf("panic = %v, want %s", got, name)
				}
			}()
			call()
		}()
	}
}
