package guard

import (
	"fmt"
	"sync"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/guard/internal/aftermath"
)

// An Entry is a clean-up that was registered. Its methods may be called from
// any goroutine, and more than once; one waits for another.
type Entry struct {
	guard   *Guard
	id      uint64
	cleanup aftermath.Cleanup

	newer, older *Entry // guarded by guard.mu
	line         []byte // as it is in the journal; guarded by guard.mu

	mu        sync.Mutex // held while the clean-up is carried out
	over      bool
	finalizer *shutdown.Finalizer // of Finally
}

// Release takes the clean-up off the journal: it is done, or what it would have
// removed shall stay. When it returns nil, no reader will carry it out. If the
// journal cannot be written to (the disk is full, the guard is closed), it returns
// that, and the entry is still there. A finalizer of [Finally] is unregistered.
func (e *Entry) Release() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.release()
}

// Settle carries the clean-up out now, waits for its end, and releases it. If it
// fails, it stays registered, to be tried again by [Guard.Close] or a reader. On
// an entry that was released it does nothing.
func (e *Entry) Settle() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.over {
		return nil
	}
	if err := carryOut(e.cleanup); err != nil {
		e.guard.note(e, err)
		return fmt.Errorf("guard: %w", err)
	}
	return e.release()
}

// release needs e.mu.
func (e *Entry) release() error {
	if e.over {
		return nil
	}
	if err := e.guard.forget(e); err != nil {
		return fmt.Errorf("guard: release %q: %w", e.cleanup, err)
	}
	e.over = true
	if e.finalizer != nil {
		e.finalizer.Unregister()
	}
	return nil
}

// String says what the clean-up does.
func (e *Entry) String() string { return e.cleanup.String() }
