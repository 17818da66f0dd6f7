package main

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"
)

// The books say what this process has done with jobs.
type books struct {
	store *store
	out   io.Writer

	accepted, done, handedBack atomic.Int64
}

// reclaim finds at the start what a killed process has left behind.
func (b *books) reclaim(ctx context.Context) error {
	found, err := b.store.reclaim(ctx)
	if found > 0 {
		fmt.Fprintf(b.out, "found %d jobs that a killed process had in hand; they are queued again\n", found)
	}
	return err
}

// handBack queues again what the workers had in hand and did not finish. It is
// a finalizer: its context is alive although that of the work has ended.
func (b *books) handBack(ctx context.Context) error {
	n, err := b.store.handBack(ctx)
	b.handedBack.Add(n)
	return err
}

// settle compares the books with what the database says, which is the truth.
func (b *books) settle(ctx context.Context) error {
	accepted, done, handedBack := b.accepted.Load(), b.done.Load(), b.handedBack.Load()
	t, err := b.store.count(ctx)
	if err != nil {
		return err
	}
	lost := max(0, accepted-t.accepted)
	fmt.Fprintf(b.out, "accepted %d, done %d, handed back %d, lost %d\n"+
		"now in %s: %d queued, %d in the hands of others, %d done\n",
		accepted, done, handedBack, lost, b.store.dialect.name, t.Queued, t.Working, t.Done)
	if lost > 0 {
		return fmt.Errorf("%d accepted jobs are not in the database", lost)
	}
	return nil
}
