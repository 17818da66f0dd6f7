package shutdown

import (
	"context"
	"testing"
)

// A scope that is opened when the list has come to its end, and the stop is about
// to, is nothing that the stop could have waited for: it is as one that comes
// after the stop, and not called stuck because it runs at that moment.
func TestScope_openedAtTheVeryEndIsNotStuck(t *testing.T) {
	m, _ := taking(t)
	m.locked(func() { m.root.list.closed = true })
	waiting := func(when string) {
		t.Helper()
		if all := m.Report().Waiting; len(all) != 0 {
			t.Errorf("%s the stop waits for %v", when, all)
		}
	}
	err := Scope(m.Context(), "late", func(ctx context.Context) error {
		Finally(ctx, "f", func() { waiting("in its finalizer") })
		waiting("in its function")
		return Scope(ctx, "inside", func(context.Context) error { waiting("in one inside"); return nil })
	})
	if err != nil {
		t.Errorf("Scope() = %v", err)
	}
	m.conclude(func() {})
	if r := m.Report(); r.Status.Code != 0 {
		t.Errorf("status %v, %v", r.Status, r.Totals)
	}
}
