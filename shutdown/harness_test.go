package shutdown_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// grace is the grace of most tests: its parts are round numbers.
const grace = 10 * time.Second

// A stop is a manager under test in a bubble, with the course of its stop.
type stop struct {
	*shutdown.Manager
	began time.Time

	mu     sync.Mutex
	events []string
	times  map[string]time.Duration

	result chan error
}

// newStop returns a manager without signals whose log goes nowhere.
func newStop() *stop {
	silent := zerolog.Nop()
	return &stop{
		Manager: &shutdown.Manager{Grace: grace, Signals: noSignals, Logger: &silent},
		began:   time.Now(),
		times:   make(map[string]time.Duration),
		result:  make(chan error, 1),
	}
}

// inBubble runs test with a stop of its own, in fake time.
func inBubble(t *testing.T, test func(t *testing.T, s *stop)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, newStop()) })
}

// run starts Run and returns when everything has settled.
func (s *stop) run() {
	go func() { s.result <- s.Run(context.Background()) }()
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.began = time.Now()
}

// mark notes that something happened, and when.
func (s *stop) mark(event string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, event)
	s.times[event] = time.Since(s.began)
}

// marks returns a finalizer that marks event.
func (s *stop) marks(event string) func(context.Context) error {
	return func(context.Context) error { s.mark(event); return nil }
}

func (s *stop) wantEvents(t *testing.T, want ...string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Equal(s.events, want) {
		t.Errorf("events = %q, want %q", s.events, want)
	}
}

func (s *stop) wantAt(t *testing.T, event string, want time.Duration) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	got, ok := s.times[event]
	if !ok {
		t.Errorf("%q did not happen, want it at %v", event, want)
	} else if got != want {
		t.Errorf("%q happened at %v, want %v", event, got, want)
	}
}

// wantResult waits for Run and checks when it returned, and with what.
func (s *stop) wantResult(t *testing.T, at time.Duration, want ...error) error {
	t.Helper()
	err := <-s.result
	if got := time.Since(s.began); got != at {
		t.Errorf("Run returned at %v, want %v", got, at)
	}
	if len(want) == 0 && err != nil {
		t.Errorf("Run() = %v, want nil", err)
	}
	for _, target := range want {
		if !errors.Is(err, target) {
			t.Errorf("Run() = %v, want it to match %v", err, target)
		}
	}
	return err
}

// wantFailure waits for Run and checks when it returned, and that it returned an
// error.
func (s *stop) wantFailure(t *testing.T, at time.Duration) error {
	t.Helper()
	err := <-s.result
	if got := time.Since(s.began); got != at {
		t.Errorf("Run returned at %v, want %v", got, at)
	}
	if err == nil {
		t.Error("Run() = nil")
	}
	return err
}

// as returns the first error in err's tree that has the type T.
func as[T error](t *testing.T, err error) T {
	t.Helper()
	var target T
	if !errors.As(err, &target) {
		t.Fatalf("error %v (%T) holds no %T", err, err, target)
	}
	return target
}

// untilCancelled is an actor that obeys its context.
func untilCancelled(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}
