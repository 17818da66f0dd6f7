package main

import (
	"context"
	"errors"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

var errDiskFull = errors.New("put backup.tar: disk full")

// busy returns an actor, or a service, that still needs a while when it is told
// to stop.
func busy(needs time.Duration) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		<-ctx.Done()
		time.Sleep(needs)
		return nil
	}
}

// closing returns a finalizer that takes its time, and returns err.
func closing(takes time.Duration, err error) func() error {
	return func() error {
		time.Sleep(takes)
		return err
	}
}

// takeOrder takes an order. It is in hand until the stop, and needs a while then.
func takeOrder(m *shutdown.Manager, needs time.Duration) error {
	done, err := m.Hold("order 4711")
	if err != nil {
		return err // closed already
	}
	go func() { // ends with the order
		defer done()
		<-m.Context().Done()
		time.Sleep(needs)
	}()
	return nil
}
