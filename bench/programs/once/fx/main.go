// Fx stops once: one hook, no signals, no log.
package main

import (
	"context"
	"log"

	"go.uber.org/fx"

	"github.com/seed7e043c35/lastcall/bench/programs/parent"
)

func main() {
	ctx := context.Background()
	app := fx.New(fx.NopLogger, fx.Invoke(func(lc fx.Lifecycle) { lc.Append(fx.StopHook(func() {})) }))
	if err := app.Start(ctx); err != nil {
		log.Fatal(err)
	}
	parent.Stop(func() error { return app.Stop(ctx) })
}
