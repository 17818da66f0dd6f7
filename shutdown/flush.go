package shutdown

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/seed7e043c35/lastcall/internal/clock"
)

// flush calls Flush, once, and waits for it until the last words.
func (m *Manager) flush() {
	if m.set.flush == nil {
		return
	}
	done := make(chan struct{})
	go func() { // ends when Flush does
		defer close(done)
		m.flushOnce()
	}()
	m.clock.Await(done, clock.Budget.LastWords)
}

// flushOnce calls Flush, unless that has been done.
func (m *Manager) flushOnce() {
	m.lock()
	flush := m.set.flush
	if m.flushed || flush == nil {
		m.mu.Unlock()
		return
	}
	m.flushed = true
	m.mu.Unlock()
	ctx, cancel := context.WithDeadline(context.Background(), m.clock.Budget().LastWords())
	defer cancel()
	protect(func() error { return flush(ctx) }, func(err error) {
		if err != nil && !cannotSync(err) {
			judge(err, nil, func(v verdict) { fmt.Fprintf(os.Stderr, "shutdown: Flush: %s\n", withoutPrefix(v.text)) })
		}
	})
}

// cannotSync reports whether err says that something cannot be synced at all: a
// terminal or a pipe, for which zap's Sync returns that.
func cannotSync(err error) (yes bool) {
	attempt(func() {
		yes = errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTTY) || errors.Is(err, syscall.ENOTSUP)
	})
	return yes
}
