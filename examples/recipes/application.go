package recipes

import (
	"context"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// The application decides what the end is: of the program, of a scope, or a
// plain defer in a program that has never heard of lastcall.
func useCache(ctx context.Context) *Cache {
	return NewCache(func(name string, f func(context.Context) error) {
		shutdown.Finally(ctx, name, f)
	})
}

func useCacheAlone(ctx context.Context) *Cache {
	cache := NewCache(nil)
	shutdown.Finally(ctx, "cache", cache.Close)
	return cache
}
