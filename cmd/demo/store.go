package main

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/seed7e043c35/lastcall/resource"
	"github.com/seed7e043c35/lastcall/shutdown"
)

// A job is queued, then working, then done. One that was handed back is queued
// again; Attempts tells how often somebody has begun to work on it.
type job struct {
	ID       int64  `json:"id"`
	Text     string `json:"text"`
	WorkMS   int64  `json:"work_ms"`
	State    string `json:"state"`
	Attempts int    `json:"attempts"`
}

// A store keeps the jobs in a database. A job in work has an owner: a replica,
// as each process is called that ever used the database. Owners that are not
// alive any more have lost their jobs to whoever notices.
type store struct {
	dialect dialect
	db      *sql.DB
	lock    *sql.Conn // while it is open, this replica is alive
	replica int64

	adding, claiming, finishing *sql.Stmt
}

// openStore opens the database and everything else that a store needs. What it
// opens is closed when the program ends, or at once if it fails.
func openStore(ctx context.Context, db string) (*store, error) {
	s := &store{dialect: dialectOf(db)}
	err := shutdown.Construct(ctx, "store", s.open)
	if err != nil {
		return nil, fmt.Errorf("database %s: %w", s.dialect.name, err)
	}
	return s, nil
}

// open opens what is to be closed last first. Resources are tracked from the
// moment they exist, and a finalizer closes them in their turn; were it
// forgotten, the end of the program would name the line.
func (s *store) open(ctx context.Context) error {
	locks, err := sql.Open(s.dialect.driver, s.dialect.locks)
	if err != nil {
		return err
	}
	pool := resource.Track(ctx, "locks", locks, locks.Close)
	shutdown.Finally(ctx, "locks", pool.Close)

	s.db, err = sql.Open(s.dialect.driver, s.dialect.data)
	if err != nil {
		return err
	}
	s.db.SetMaxOpenConns(s.dialect.connections)
	s.db.SetMaxIdleConns(s.dialect.connections)
	db := resource.Track(ctx, "database", s.db, s.db.Close)
	shutdown.Finally(ctx, "database", db.Close)

	if err := s.createTables(ctx); err != nil {
		return err
	}
	if err := s.register(ctx, locks); err != nil {
		return err
	}
	return s.prepare(ctx)
}

// createTables creates the tables unless they exist. A job's inbox is the
// replica that accepted it, its owner the one that works on it.
func (s *store) createTables(ctx context.Context) error {
	_, err := s.db.ExecContext(ctx, s.dialect.exclusive+`
		CREATE TABLE IF NOT EXISTS replicas (
			id      `+s.dialect.identity+`,
			started TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
		);
		CREATE TABLE IF NOT EXISTS jobs (
			id       `+s.dialect.identity+`,
			text     TEXT NOT NULL,
			work_ms  BIGINT NOT NULL,
			state    TEXT NOT NULL DEFAULT 'queued',
			attempts INTEGER NOT NULL DEFAULT 0,
			inbox    BIGINT NOT NULL,
			owner    BIGINT
		);
		CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs (state, id);`)
	return err
}

func (s *store) prepare(ctx context.Context) error {
	for _, p := range []struct {
		stmt  **sql.Stmt
		query string
	}{
		{&s.adding, `INSERT INTO jobs (text, work_ms, inbox) VALUES ($1, $2, $3) RETURNING id`},

		{&s.claiming, `UPDATE jobs SET state = 'working', owner = $1, attempts = attempts + 1
			WHERE id = (SELECT id FROM jobs WHERE state = 'queued' ORDER BY id LIMIT 1 ` + s.dialect.skipLocked + `)
			RETURNING id, text, work_ms, state, attempts`},

		// Only the owner's latest attempt counts: the job may have been taken
		// away, and be somebody else's by now.
		{&s.finishing, `UPDATE jobs SET state = 'done', owner = NULL
			WHERE id = $1 AND owner = $2 AND attempts = $3 AND state = 'working'`},
	} {
		stmt, err := s.db.PrepareContext(ctx, p.query)
		if err != nil {
			return err
		}
		*p.stmt = stmt
		statement := resource.Track(ctx, "statement", stmt, stmt.Close)
		shutdown.Finally(ctx, "statement", statement.Close)
	}
	return nil
}

// add stores a new job and returns its number.
func (s *store) add(ctx context.Context, text string, workMS int64) (id int64, err error) {
	err = s.adding.QueryRowContext(ctx, text, workMS, s.replica).Scan(&id)
	return id, err
}

// claim takes the oldest job of the queue, or returns sql.ErrNoRows. If it
// fails otherwise, it may have taken one all the same; handBack finds it.
func (s *store) claim(ctx context.Context) (job, error) {
	return scan(s.claiming.QueryRowContext(ctx, s.replica))
}

// get returns a job, or sql.ErrNoRows.
func (s *store) get(ctx context.Context, id int64) (job, error) {
	return scan(s.db.QueryRowContext(ctx, `SELECT id, text, work_ms, state, attempts FROM jobs WHERE id = $1`, id))
}

func scan(row *sql.Row) (j job, err error) {
	err = row.Scan(&j.ID, &j.Text, &j.WorkMS, &j.State, &j.Attempts)
	return j, err
}

// finish records that j is done, and reports whether it was still ours to do.
func (s *store) finish(ctx context.Context, j job) (ours bool, err error) {
	n, err := affected(s.finishing.ExecContext(ctx, j.ID, s.replica, j.Attempts))
	return n == 1, err
}

// handBack queues again what this replica has in hand, and returns how much
// that is.
func (s *store) handBack(ctx context.Context) (int64, error) {
	return affected(s.db.ExecContext(ctx,
		`UPDATE jobs SET state = 'queued', owner = NULL WHERE state = 'working' AND owner = $1`, s.replica))
}

func affected(r sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// A tally is how many jobs there are, by state, and how many of them came in
// through this process.
type tally struct {
	Queued  int64 `json:"queued"`
	Working int64 `json:"working"`
	Done    int64 `json:"done"`

	accepted int64
}

// count asks the database once, so that no job is counted twice on its way from
// one state to the next.
func (s *store) count(ctx context.Context) (t tally, err error) {
	err = s.db.QueryRowContext(ctx, `SELECT
		count(CASE state WHEN 'queued' THEN 1 END),
		count(CASE state WHEN 'working' THEN 1 END),
		count(CASE state WHEN 'done' THEN 1 END),
		count(CASE inbox WHEN $1 THEN 1 END) FROM jobs`, s.replica).
		Scan(&t.Queued, &t.Working, &t.Done, &t.accepted)
	return t, err
}
