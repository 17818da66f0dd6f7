// Recipe is the demo's job inbox without package shutdown: it stops as most
// programs do, by signal.NotifyContext and http.Server.Shutdown. The recipe is
// followed well here: requests and jobs in hand are finished, within a bound,
// before the database is closed. The demo's test of a rolling restart measures
// it beside the demo.
package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

const (
	patience    = 8 * time.Second // for requests in flight
	workers     = 4
	connections = 16 // to the database, at most
	lookEvery   = 20 * time.Millisecond
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "listen on `host:port`; port 0 is any that is free")
	db := flag.String("db", "", "keep the jobs in the PostgreSQL database that this `URL` names")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *addr, *db); err != nil {
		fmt.Fprintln(os.Stderr, "recipe:", err)
		os.Exit(1)
	}
}

// run serves until ctx is cancelled, and then finishes what it has begun.
func run(ctx context.Context, addr, url string) error {
	db, err := sql.Open("pgx", url)
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	if err := createTable(ctx, db); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	var crew sync.WaitGroup
	defer crew.Wait() // before the database is closed
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for range workers {
		crew.Go(func() { work(ctx, db) })
	}
	fmt.Printf("listening on http://%s, jobs in PostgreSQL\n", listener.Addr())
	return serve(ctx, &http.Server{Handler: routes(db), ReadHeaderTimeout: 5 * time.Second}, listener)
}

// serve is the recipe.
func serve(ctx context.Context, server *http.Server, listener net.Listener) error {
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }() // ends at Shutdown
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	return server.Shutdown(ctx)
}

func routes(db *sql.DB) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /readyz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("POST /jobs", func(w http.ResponseWriter, r *http.Request) {
		id, err := add(db, r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.WriteHeader(http.StatusAccepted)
		_ = json.NewEncoder(w).Encode(map[string]int64{"id": id})
	})
	return mux
}

func createTable(ctx context.Context, db *sql.DB) error {
	_, err := db.ExecContext(ctx, `
		CREATE TABLE IF NOT EXISTS jobs (
			id       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
			text     TEXT NOT NULL,
			work_ms  BIGINT NOT NULL,
			state    TEXT NOT NULL DEFAULT 'queued',
			attempts INTEGER NOT NULL DEFAULT 0
		);
		CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs (state, id)`)
	return err
}

func add(db *sql.DB, r *http.Request) (id int64, err error) {
	var job struct {
		Text   string `json:"text"`
		WorkMS int64  `json:"work_ms"`
	}
	if err := json.NewDecoder(r.Body).Decode(&job); err != nil {
		return 0, err
	}
	err = db.QueryRowContext(r.Context(), `INSERT INTO jobs (text, work_ms) VALUES ($1, $2) RETURNING id`, job.Text, job.WorkMS).Scan(&id)
	return id, err
}

// work takes jobs until ctx is cancelled, and finishes the one in hand.
func work(ctx context.Context, db *sql.DB) {
	for ctx.Err() == nil {
		err := workOnOne(context.WithoutCancel(ctx), db)
		if err == nil {
			continue
		}
		if !errors.Is(err, sql.ErrNoRows) {
			fmt.Fprintln(os.Stderr, "recipe:", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(lookEvery):
		}
	}
}

func workOnOne(ctx context.Context, db *sql.DB) error {
	var id, ms int64
	err := db.QueryRowContext(ctx, `UPDATE jobs SET state = 'working', attempts = attempts + 1
		WHERE id = (SELECT id FROM jobs WHERE state = 'queued' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
		RETURNING id, work_ms`).Scan(&id, &ms)
	if err != nil {
		return err
	}
	time.Sleep(time.Duration(ms) * time.Millisecond) // the work itself
	_, err = db.ExecContext(ctx, `UPDATE jobs SET state = 'done' WHERE id = $1`, id)
	return err
}
