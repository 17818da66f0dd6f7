// Fx is idle until SIGTERM, as an application of fx.
package main

import (
	"context"
	"log"

	"go.uber.org/fx"

	"github.com/seed7e043c35/lastcall/bench/programs/parent"
)

func main() {
	ctx := context.Background()
	app := fx.New()
	if err := app.Start(ctx); err != nil {
		log.Fatal(err)
	}
	stop := app.Wait() // not Run: before this a signal would kill the program
	parent.Ready("")
	<-stop
	if err := app.Stop(ctx); err != nil {
		log.Fatal(err)
	}
}
