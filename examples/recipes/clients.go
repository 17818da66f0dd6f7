package recipes

import (
	"context"
	"io"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go"
	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// subscribe returns a connection whose messages in hand are finished when the
// program ends. Drain only begins that, and returns; it is over when the
// connection is closed.
func subscribe(ctx context.Context, url string) (*nats.Conn, error) {
	closed := make(chan struct{})
	conn, err := nats.Connect(url, nats.ClosedHandler(func(*nats.Conn) { close(closed) }))
	if err != nil {
		return nil, err
	}
	shutdown.Finally(ctx, "nats", func(ctx context.Context) error {
		if err := conn.Drain(); err != nil {
			return err
		}
		select {
		case <-closed:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	return conn, nil
}

// pools opens a pool for each of the two databases. PostgreSQL's Close waits for
// connections that are in use, for ever: here for three seconds, and then it is
// named.
func pools(ctx context.Context, postgres, cache string) (*pgxpool.Pool, *redis.Client, error) {
	pool, err := pgxpool.New(ctx, postgres)
	if err != nil {
		return nil, nil, err
	}
	shutdown.Finally(ctx, "postgres", pool.Close, shutdown.Within(3*time.Second))

	options, err := redis.ParseURL(cache)
	if err != nil {
		return nil, nil, err // the pool is closed
	}
	client := redis.NewClient(options)
	shutdown.Finally(ctx, "redis", client.Close)
	return pool, client, nil
}

// closeAll closes clients that do not need each other all at once. Finalizers
// run one after the other; what is to be concurrent is one finalizer.
func closeAll(ctx context.Context, clients []io.Closer) {
	shutdown.Finally(ctx, "clients", func() error {
		var group errgroup.Group // Wait returns its first error; errors.Join, if all are wanted
		for _, client := range clients {
			group.Go(client.Close)
		}
		return group.Wait()
	})
}
