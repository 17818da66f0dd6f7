package recipes

import (
	"context"
	"sync"
)

// A Cache is what a library may offer: it knows nothing of who ends it.
type Cache struct {
	stop context.CancelFunc
	done sync.WaitGroup
}

// NewCache returns a cache that refreshes itself until it is closed. If onStop
// is not nil, it is given what must be done at the end.
func NewCache(onStop func(name string, f func(context.Context) error)) *Cache {
	ctx, stop := context.WithCancel(context.Background())
	c := &Cache{stop: stop}
	c.done.Go(func() { <-ctx.Done() }) // refresh
	if onStop != nil {
		onStop("cache", func(context.Context) error { return c.Close() })
	}
	return c
}

// Close ends the refreshing and waits for that. It may be called repeatedly.
func (c *Cache) Close() error {
	c.stop()
	c.done.Wait()
	return nil
}
