package shutdowntest

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func init() { standstillTime = time.Second }

// Attempt is Run without the failure of a test that nobody stops.
func Attempt(t *testing.T, run func(ctx context.Context) error) (res *Result, impatient bool) {
	res = attempt(t, run, nil)
	return res, res.impatient
}

// Standstill is Run, as long as the clock stands still, without the failure of the test.
func Standstill(t *testing.T, run func(ctx context.Context) error) (said string) {
	return attempt(t, run, nil).stands
}

// NothingMisplaced is what becomes of r at the end of its test.
func (r *Result) NothingMisplaced() { r.nothingMisplaced() }

// Complaints returns what check, which is one of r's methods, would have told
// the test.
func (r *Result) Complaints(check func()) string { return complaintsTo(&r.t, check) }

// Complaints does the same.
func (e *Exit) Complaints(check func()) string { return complaintsTo(&e.t, check) }

func complaintsTo(to *reporter, check func()) string {
	c, t := &complaints{}, *to
	*to = c
	check()
	*to = t
	return c.String()
}

// Descendants names what the program has started and is alive.
func (p *Process) Descendants() (names []string) {
	for _, d := range p.descendants() {
		names = append(names, d.String())
	}
	return names
}

type complaints struct{ strings.Builder }

func (c *complaints) Helper() {}
func (c *complaints) Errorf(format string, args ...any) {
	fmt.Fprintf(c, format+"\n", args...)
}

// VerdictOf runs test to its end, its cleanups included, and returns what it
// has failed with.
func VerdictOf(t *testing.T, test func(t testing.TB)) string {
	return verdictOf(&innerTest{TB: t}, test)
}

// VerdictInTime is VerdictOf a test that has so much time in all.
func VerdictInTime(t *testing.T, d time.Duration, test func(t testing.TB)) string {
	return verdictOf(&innerTest{TB: t, deadline: time.Now().Add(d)}, test)
}

func verdictOf(inner *innerTest, test func(t testing.TB)) string {
	over := make(chan struct{})
	go func() { // ends with the test
		defer close(over)
		defer inner.clean()
		test(inner)
	}()
	<-over
	return inner.said.String()
}

// An innerTest is a test in a test, which does not fail when it does.
type innerTest struct {
	testing.TB
	deadline time.Time
	mu       sync.Mutex
	said     complaints
	logged   complaints
	cleanups []func()
}

func (t *innerTest) Errorf(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.said.Errorf(format, args...)
}

func (t *innerTest) Fatalf(format string, args ...any) {
	t.Errorf(format, args...)
	runtime.Goexit()
}

func (t *innerTest) Logf(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.logged.Errorf(format, args...)
}

func (t *innerTest) Deadline() (time.Time, bool) { return t.deadline, !t.deadline.IsZero() }

func (t *innerTest) Failed() bool { return t.said.Len() > 0 }

func (t *innerTest) Cleanup(fn func()) { t.cleanups = append(t.cleanups, fn) }

func (t *innerTest) clean() {
	for _, fn := range slices.Backward(t.cleanups) {
		fn()
	}
}
