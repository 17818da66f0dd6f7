package main

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/seed7e043c35/lastcall/resource"
	"github.com/seed7e043c35/lastcall/shutdown"
)

// register makes this process a replica, and marks it as alive before it owns
// anything. The mark ends with the process, however that ends, so there is no
// need for heartbeats and their clocks. A replica's number is never used again:
// one that is dead stays dead.
func (s *store) register(ctx context.Context, locks *sql.DB) (err error) {
	err = s.db.QueryRowContext(ctx, `INSERT INTO replicas DEFAULT VALUES RETURNING id`).Scan(&s.replica)
	if err != nil {
		return err
	}
	if s.lock, err = locks.Conn(ctx); err != nil {
		return err
	}
	lock := resource.Track(ctx, "lock", s.lock, s.lock.Close) // locks closes it only when it is free
	shutdown.Finally(ctx, "lock", lock.Close)
	if _, err = s.lock.ExecContext(ctx, fmt.Sprintf(s.dialect.acquire, s.replica)); err != nil {
		return fmt.Errorf("in use by another process: %w", err)
	}
	return nil
}

// reclaim queues again what dead replicas had in hand, and returns how much
// that is. Who is dead is found out first, then their jobs are taken: one that
// has been handed back and claimed by somebody else meanwhile is not.
func (s *store) reclaim(ctx context.Context) (int64, error) {
	return affected(s.db.ExecContext(ctx, `
		WITH dead AS MATERIALIZED
			(SELECT owner FROM jobs WHERE state = 'working' AND owner <> $1 AND `+s.dialect.ifDead+`)
		UPDATE jobs SET state = 'queued', owner = NULL
		WHERE state = 'working' AND owner IN (SELECT owner FROM dead)`, s.replica))
}

// watchEvery is how soon the jobs of a replica that died are found by another.
const watchEvery = 2 * time.Second

// watch looks after the jobs of replicas that die, and stops this one if it is
// taken for dead itself: if its lock is gone, so are its jobs. What it has begun
// to ask it lets be answered, therefore Work: a driver closes the connection of
// a query whose context ends, and with that of the ping the lock would go, while
// the workers are still finishing their jobs.
func (s *store) watch(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(watchEvery):
		}
		work := shutdown.Work(ctx)
		if err := s.lock.PingContext(work); err != nil {
			return fmt.Errorf("the lock of this replica: %w", err)
		}
		if _, err := s.reclaim(work); err != nil {
			return fmt.Errorf("the jobs of dead replicas: %w", err)
		}
	}
}
