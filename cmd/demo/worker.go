package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/rs/zerolog/log"

	"github.com/seed7e043c35/lastcall/resource"
	"github.com/seed7e043c35/lastcall/shutdown"
)

// A crew works on jobs, each of its workers on one at a time.
type crew struct {
	jobs    *store
	books   *books
	scratch string // where temporary files belong
	trouble *trouble
	arrived chan struct{} // receives when a job has arrived, as long as a worker may care
}

// lookEvery is how soon a job is found that another replica has accepted.
const lookEvery = 250 * time.Millisecond

// wake tells a worker that has nothing to do that a job has arrived.
func (c *crew) wake() {
	select {
	case c.arrived <- struct{}{}:
	default: // there are enough such messages for everybody
	}
}

// worker returns an actor that takes jobs until its context is cancelled, and
// finishes the one in hand.
func (c *crew) worker(name string) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		for {
			err := c.workOnOne(ctx, name)
			switch {
			case errors.Is(err, sql.ErrNoRows):
				c.await(ctx)
			case errors.Is(err, shutdown.ErrStopping), shutdown.Work(ctx).Err() != nil:
				return ctx.Err() // whatever goes wrong once time is up goes wrong because of that
			case err != nil:
				return err
			}
		}
	}
}

func (c *crew) await(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-c.arrived:
	case <-time.After(lookEvery):
	}
}

// workOnOne works on the oldest job, if there is one. If it fails, the job is
// left as it is: among the last things that the program does is to hand back
// what it has not finished.
func (c *crew) workOnOne(ctx context.Context, worker string) error {
	// Before the claim: a job that is claimed is a job that the stop waits for.
	release, err := shutdown.FromContext(ctx).Hold("job of " + worker)
	if err != nil {
		return err
	}
	defer release()

	work := shutdown.Work(ctx) // goes on when ctx is cancelled, which only means: no further job
	j, err := c.jobs.claim(work)
	if err != nil {
		return err
	}
	log.Debug().Int64("job", j.ID).Int("attempt", j.Attempts).Msg("in hand")
	if err := c.perform(work, j); err != nil {
		return err
	}
	ours, err := c.jobs.finish(work, j)
	if ours {
		c.books.done.Add(1)
	}
	return err
}

// perform is the work itself: some time, and a temporary file.
func (c *crew) perform(ctx context.Context, j job) error {
	leak := c.trouble.strikes()
	f, err := os.CreateTemp(c.scratch, "job-*.txt")
	if err != nil {
		return err
	}
	scratch := resource.Track(ctx, fmt.Sprintf("temporary file of job %d", j.ID), f, func() error {
		return errors.Join(f.Close(), os.Remove(f.Name()))
	})
	if !leak {
		defer scratch.Close()
	}
	if _, err := f.WriteString(j.Text); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Duration(j.WorkMS) * time.Millisecond):
		return nil
	}
}
