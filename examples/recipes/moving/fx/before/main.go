package main

import (
	"context"

	"go.uber.org/fx"

	"github.com/seed7e043c35/lastcall/examples/recipes/internal/shop"
)

func main() {
	fx.New(fx.Provide(newStore), fx.Invoke(work), fx.NopLogger).Run()
}

func newStore(lc fx.Lifecycle) (*shop.Store, error) {
	store, err := shop.Open()
	if err != nil {
		return nil, err
	}
	lc.Append(fx.StopHook(store.Close))
	return store, nil
}

func work(lc fx.Lifecycle, store *shop.Store) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	lc.Append(fx.StartStopHook(
		func() {
			go func() {
				defer close(done)
				_ = store.Work(ctx)
			}()
		},
		func() {
			cancel()
			<-done
		},
	))
}
