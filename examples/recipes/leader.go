package recipes

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// keepLeading is a background service: leadership is given up after everything
// that needs it has ended. Register it before what needs it.
func keepLeading(m *shutdown.Manager, lease *lease) {
	m.Keep("leadership", func(ctx context.Context) error {
		err := lease.hold(ctx)
		if ctx.Err() != nil { // its turn has come
			return lease.giveUp(shutdown.Work(ctx))
		}
		if err == nil { // many electors return nothing when the lease is lost
			err = errors.New("lost")
		}
		return err // to return nil here would say: done, and the program would go on without it
	})
}

// A lease is a key in Redis that lives only while it is renewed.
type lease struct {
	client  *redis.Client
	key, me string
	life    time.Duration
}

var (
	renew  = redis.NewScript(`return redis.call("get", KEYS[1]) == ARGV[1] and redis.call("pexpire", KEYS[1], ARGV[2]) or 0`)
	giveUp = redis.NewScript(`return redis.call("get", KEYS[1]) == ARGV[1] and redis.call("del", KEYS[1]) or 0`)
)

// acquire reports whether the lease is ours now.
func (l *lease) acquire(ctx context.Context) (bool, error) {
	err := l.client.SetArgs(ctx, l.key, l.me, redis.SetArgs{Mode: "NX", TTL: l.life}).Err()
	if errors.Is(err, redis.Nil) {
		return false, nil // somebody else's
	}
	return err == nil, err
}

// hold renews the lease until ctx ends, and returns at once if it is lost.
func (l *lease) hold(ctx context.Context) error {
	tick := time.NewTicker(l.life / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		kept, err := renew.Run(ctx, l.client, []string{l.key}, l.me, l.life.Milliseconds()).Int()
		if err != nil || kept == 0 {
			return err
		}
	}
}

func (l *lease) giveUp(ctx context.Context) error {
	return giveUp.Run(ctx, l.client, []string{l.key}, l.me).Err()
}
