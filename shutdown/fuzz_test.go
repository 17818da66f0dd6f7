package shutdown_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed7e043c35/lastcall/resource"
	"github.com/seed7e043c35/lastcall/shutdown"
)

// FuzzStop makes a program of its bytes, stops it, and holds what happened
// against the model: what was started, in which order and when, when Run
// returned, who is named as stuck or failed, and that nothing is left running.
func FuzzStop(f *testing.F) {
	f.Add([]byte{})
	for i := range byte(behaviours) {
		f.Add([]byte{0, 0, 0, i, 40, 1, i, 40, 2, i, 40, 3, i, 40, 4, i, 40})
	}
	f.Add([]byte("\x00\x00\x02\x05\x01\x02\x05\x01\x02\x05\x01\x02\x05\x01\x02\x05\x01\x02\x05\x01\x02\x05\x01\x02\x05\x01\x02\x05\x01\x02\x05\x01\x02\x05\x01\x02\x05\x01"))
	f.Add([]byte("\x00\x20\x02\x05\x01\x02\x04\x01\x00\x05\x01\x02\x00\x70"))
	f.Add([]byte("\x00\x00\x06\x00\x40\x06\x01\x30\x06\x04\x20\x06\x06\x20\x06\x05\x10"))
	f.Add([]byte("\x10\x60\x04\x05\x10\x04\x00\x80\x02\x05\x11"))
	f.Fuzz(func(t *testing.T, bytes []byte) {
		if len(bytes) > 200 {
			t.Skip("long programs show nothing that short ones do not")
		}
		p := parseProgram(bytes)
		synctest.Test(t, func(t *testing.T) { p.check(t) })
	})
}

// parseProgram makes a program of bytes: two for the stop, then three for each
// part. No two durations in it are such that two things would happen at the
// same instant by chance: ties have tests of their own.
func parseProgram(bytes []byte) program {
	next := func() byte {
		if len(bytes) == 0 {
			return 0
		}
		b := bytes[0]
		bytes = bytes[1:]
		return b
	}
	var p program
	if drain := next(); drain%2 == 1 {
		p.drain = time.Duration(drain)*10*time.Millisecond + 7
	}
	if force := next(); force%2 == 1 {
		p.force = p.drain + 500*time.Millisecond + time.Duration(force)*40*time.Millisecond + 11
	}
	for i := 0; len(bytes) > 0; i++ {
		kind, does, takes := next(), behaviour(next())%behaviours, next()
		item := part{
			name:  strconv.Itoa(i),
			does:  does,
			takes: time.Duration(takes)*47*time.Millisecond + time.Duration(i+1)*101,
		}
		switch kind % 7 {
		case 0:
			if item.does == registers {
				item.does = returns
			}
			item.name = "actor " + item.name
			p.actors = append(p.actors, item)
		case 1:
			if item.does != sticks {
				item.does = returns
			}
			item.name = "hold " + item.name
			p.holds = append(p.holds, item)
		case 2:
			item.name = "finalizer " + item.name
			if kind > 128 {
				item.within = time.Duration(kind)*time.Millisecond + 3
			}
			p.list = append(p.list, item)
		case 3:
			item.name = "service " + item.name
			if item.does == registers {
				item.does = returns
			}
			p.list = append(p.list, item)
		case 4:
			item.name = "scope " + item.name
			if item.does != sticks {
				item.does = returns
			}
			item.takes %= 400 * time.Millisecond // over before it could be forced, or never
			s := scopePart{part: item, at: len(p.list)}
			for j := range kind % 4 {
				s.holds = append(s.holds, fmt.Sprintf("%s.%d", item.name, j))
			}
			p.scopes = append(p.scopes, s)
		case 6:
			item.name = "resource " + item.name
			if item.does == registers { // here: closed by its owner before the stop
				item.name, item.does = "closed "+item.name, returns
			}
			p.list = append(p.list, item)
		case 5: // registered and unregistered again: nothing comes of it
			p.list = append(p.list, part{name: unregistered})
		}
	}
	p.list = slices.Clip(p.list)
	return p
}

// A trial is a program being run.
type trial struct {
	*stop
	release chan struct{} // closed when stuck parts may go
}

func (p program) check(t *testing.T) {
	tr := &trial{stop: newStop(), release: make(chan struct{})}
	tr.Drain = p.drain
	defer func() {
		close(tr.release)
		time.Sleep(time.Minute) // until whatever is late has ended
	}()

	var unregister []*shutdown.Finalizer
	var owned []*resource.Handle[part] // and kept: a handle that is garbage is another matter
	defer func() { runtime.KeepAlive(owned) }()
	scopes := p.scopes
	for i, f := range append(p.list, part{name: "end"}) {
		for len(scopes) > 0 && scopes[0].at == i {
			tr.startScope(scopes[0])
			scopes = scopes[1:]
		}
		switch {
		case f.name == "end":
		case f.name == unregistered:
			unregister = append(unregister, tr.Register(f.name, tr.marks(f.name)))
		case strings.HasPrefix(f.name, "closed"):
			if err := resource.Track(tr.Context(), f.name, f, func() {}).Close(); err != nil {
				t.Error(err)
			}
		case strings.HasPrefix(f.name, "resource"):
			owned = append(owned, resource.Track(tr.Context(), f.name, f, func(ctx context.Context) error {
				tr.mark(f.name)
				return tr.behave(ctx, f)
			}))
		case strings.HasPrefix(f.name, "service"):
			tr.Keep(f.name, func(ctx context.Context) error {
				<-ctx.Done()
				tr.mark(f.name)
				return tr.behave(shutdown.Work(ctx), f)
			})
		default:
			var opts []shutdown.FinalizerOption
			if f.within > 0 {
				opts = append(opts, shutdown.Within(f.within))
			}
			tr.Register(f.name, func(ctx context.Context) error {
				tr.mark(f.name)
				return tr.behave(ctx, f)
			}, opts...)
		}
	}
	for _, f := range unregister {
		f.Unregister()
	}
	for _, a := range p.actors {
		tr.Go(a.name, func(ctx context.Context) error {
			<-ctx.Done()
			return tr.behave(shutdown.Work(ctx), a)
		})
	}
	for _, h := range p.holds {
		release, err := tr.Hold(h.name)
		if err != nil {
			t.Fatal(err)
		}
		if h.does != sticks {
			go func() {
				<-tr.Context().Done()
				time.Sleep(h.takes)
				release()
			}()
		}
	}
	tr.run()
	if p.drain > 0 {
		tr.Signal(sigterm)
	} else {
		tr.Signal(os.Interrupt)
	}
	if p.force > 0 {
		time.AfterFunc(p.force, func() { tr.Signal(os.Interrupt) })
	}
	err := <-tr.result
	tr.compare(t, p, err, time.Since(tr.began))
}

func (tr *trial) startScope(s scopePart) {
	go func() {
		_ = shutdown.Scope(tr.Context(), s.name, func(ctx context.Context) error {
			for _, name := range s.holds {
				shutdown.Finally(ctx, name, tr.marks(name))
			}
			<-ctx.Done()
			return tr.behave(context.Background(), s.part)
		})
	}()
	synctest.Wait()
}

func (tr *trial) behave(ctx context.Context, p part) error {
	switch p.does {
	case obeys:
		<-ctx.Done()
		return nil
	case sticks:
		<-tr.release
		return nil
	case registers:
		tr.Register(p.name+"'", tr.marks(p.name+"'"))
	}
	time.Sleep(p.takes)
	switch p.does {
	case fails:
		return errors.New(p.name)
	case panics:
		panic(p.name)
	case exits:
		runtime.Goexit()
	}
	return nil
}

func (tr *trial) compare(t *testing.T, p program, err error, returned time.Duration) {
	want := p.expect()
	tr.mu.Lock()
	defer tr.mu.Unlock()
	defer func() {
		if t.Failed() {
			t.Logf("program: %+v", p)
			t.Logf("times: %v", tr.times)
			t.Logf("result: %v", err)
		}
	}()
	if returned != want.returned {
		t.Errorf("Run returned at %v, want %v", returned, want.returned)
	}
	starts := slices.DeleteFunc(slices.Clone(tr.events), func(name string) bool { _, ok := want.at[name]; return !ok })
	if !slices.Equal(starts, want.starts) {
		t.Errorf("started %q, want %q", starts, want.starts)
	}
	for name, at := range want.at {
		if got, ok := tr.times[name]; !ok || got != at {
			t.Errorf("%q started at %v (%v), want %v", name, got, ok, at)
		}
	}
	for _, s := range p.scopes {
		for _, name := range s.holds {
			if n := count(tr.events, name); n != 1 {
				t.Errorf("%q ran %d times", name, n)
			}
		}
	}
	var stuck, failed []string
	for _, o := range tr.Report().Failures() {
		if errors.As(o.Err, new(*shutdown.StuckError)) {
			stuck = append(stuck, o.Name)
		} else {
			failed = append(failed, o.Name)
		}
		if !errors.Is(err, o.Err) {
			t.Errorf("Run's result lacks %v", o.Err)
		}
	}
	slices.Sort(stuck)
	slices.Sort(failed)
	if !slices.Equal(stuck, want.stuck) || !slices.Equal(failed, want.failed) {
		t.Errorf("stuck %q and failed %q, want %q and %q", stuck, failed, want.stuck, want.failed)
	}
	wantErr := len(want.stuck)+len(want.failed) > 0 || p.force > 0 && p.force <= want.returned
	if (err != nil) != wantErr {
		t.Errorf("Run() = %v, want an error: %v", err, wantErr)
	}
}

func count(events []string, name string) (n int) {
	for _, event := range events {
		if event == name {
			n++
		}
	}
	return n
}
