package main

import (
	"context"
	"sync/atomic"

	"github.com/rs/zerolog/log"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// A trouble is made on request, to see what package shutdown does about it.
type trouble struct {
	stuck                string
	panics, fatal, leaks bool

	jobs atomic.Int64 // that have been begun
}

// troubledJob is which of the jobs that are begun gets into trouble: late
// enough to have others around it.
const troubledJob = 10

// begin starts what is to be stuck.
func (t *trouble) begin(ctx context.Context) {
	switch t.stuck {
	case "actor":
		shutdown.FromContext(ctx).Go("stubborn", func(context.Context) error { return hang() })
	case "finalizer":
		shutdown.Finally(ctx, "stubborn", hang)
	}
}

// hang does what no actor and no finalizer should: it minds no context.
func hang() error {
	<-make(chan struct{})
	return nil
}

// strikes is called for each job that is begun. For the one that gets into
// trouble it panics, does not return, or returns true if a leak was asked for.
func (t *trouble) strikes() (leak bool) {
	if t.jobs.Add(1) != troubledJob {
		return false
	}
	switch {
	case t.panics:
		panic("this was asked for with -panic")
	case t.fatal:
		log.Fatal().Msg("this was asked for with -fatal")
	}
	return t.leaks
}
