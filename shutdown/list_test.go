package shutdown

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
)

// names returns what is on l, newest first, and checks that l hangs together.
func (l *list) names(t *testing.T) (all []string) {
	t.Helper()
	var newer *Finalizer
	for f := l.newest; f != nil; newer, f = f, f.older {
		if f.list != l || f.newer != newer {
			t.Fatalf("%s does not hang together with the list", f.name)
		}
		all = append(all, f.name)
	}
	if len(all) != l.len {
		t.Errorf("len = %d with %d on the list", l.len, len(all))
	}
	return all
}

// Whatever is put on a list, taken off, begun or given back, in whichever order:
// what was given back has the place that it had.
func TestList_isWhatASliceWouldBe(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 1))
		var l list
		var model []*Finalizer // oldest first
		for i := range 100 {
			switch n := len(model); {
			case random.IntN(2) == 0 || n == 0:
				f := &Finalizer{name: fmt.Sprint(i)}
				l.push(f)
				model = append(model, f)
			case random.IntN(2) == 0:
				at := random.IntN(n)
				l.remove(model[at])
				model = slices.Delete(model, at, at+1)
			default:
				takeAndGiveBack(t, random, &l, &model)
			}
			var want []string
			for _, f := range slices.Backward(model) {
				want = append(want, f.name)
			}
			if got := l.names(t); !slices.Equal(got, want) {
				t.Fatalf("seed %d: list = %q, want %q", seed, got, want)
			}
		}
	}
}

// takeAndGiveBack takes the newest off l and gives it back, while others come on
// top and some of those that were there are taken away by their owners.
func takeAndGiveBack(t *testing.T, random *rand.Rand, l *list, model *[]*Finalizer) {
	t.Helper()
	taken := l.take()
	if newest := (*model)[len(*model)-1]; taken != newest {
		t.Fatalf("took %q, want %q", taken.name, newest.name)
	}
	older := slices.Clone((*model)[:len(*model)-1])
	var newer []*Finalizer
	for i := range random.IntN(3) {
		f := &Finalizer{name: fmt.Sprint(taken.name, " newer ", i)}
		l.push(f)
		newer = append(newer, f)
	}
	for range random.IntN(3) {
		if n := len(older); n > 0 {
			at := n - 1 - random.IntN(min(n, 2)) // those next to where it was
			l.remove(older[at])
			older = slices.Delete(older, at, at+1)
		}
	}
	l.giveBack(taken)
	*model = slices.Concat(older, []*Finalizer{taken}, newer)
}

func TestReplace_putsWhatAScopeHoldsWhereItWas(t *testing.T) {
	var around list
	s := new(scope)
	s.entry = &Finalizer{name: "scope", fn: s}
	for _, f := range []*Finalizer{{name: "older"}, s.entry, {name: "newer"}} {
		around.push(f)
	}
	for _, name := range []string{"a", "b", "c"} {
		s.list.push(&Finalizer{name: name})
	}
	around.replace(s)
	if got, want := around.names(t), []string{"newer", "c", "b", "a", "older"}; !slices.Equal(got, want) {
		t.Errorf("list = %q, want %q", got, want)
	}
	if !s.list.closed || s.list.len != 0 {
		t.Errorf("the scope's list: closed %v, len %d", s.list.closed, s.list.len)
	}
}

// What a runner has taken and not begun when it is overtaken is next, before
// anything older, and can still be unregistered.
func TestRunnerThatIsOvertaken_givesBackWhatItHasNotBegun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, z := taking(t, "older", "newer")
		turn := z.next() // has taken the newer one, and not started it
		m.locked(turn.overtakeLocked)
		m.locked(func() {
			if got, want := m.root.list.names(t), []string{"newer", "older"}; !slices.Equal(got, want) {
				t.Errorf("list = %q, want %q", got, want)
			}
		})
		turn.group[0].(*runner).start() // too late: it calls nothing
		synctest.Wait()
		if f := m.root.list.newest; f == nil || f.name != "newer" || !f.Unregister() {
			t.Error("what was given back cannot be unregistered any more")
		}
	})
}

// taking returns a manager in whose finalization nothing has been taken yet.
func taking(t *testing.T, names ...string) (*Manager, *finalization) {
	t.Helper()
	m := new(Manager)
	for _, name := range names {
		m.Register(name, func(context.Context) error { t.Errorf("%s was called", name); return nil })
	}
	set := settings{grace: DefaultGrace}
	m.set = &set
	m.ledger.current.Store(uint32(Finalizing))
	m.arm(0)
	return m, &finalization{scope: &m.root, clock: &m.clock, values: m.ctx}
}
