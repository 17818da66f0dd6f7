// Fx serves until SIGTERM, as an application of fx whose OnStop lets requests
// finish.
package main

import (
	"context"
	"errors"
	"log"
	"net"
	"net/http"

	"go.uber.org/fx"

	"github.com/seed7e043c35/lastcall/bench/programs/serving/inflight"
)

func main() {
	srv, ln, err := inflight.Listen()
	if err != nil {
		log.Fatal(err)
	}
	app := fx.New(fx.Invoke(func(lc fx.Lifecycle) {
		lc.Append(fx.StartStopHook(func() { go serve(srv, ln) }, srv.Shutdown))
	}))
	if err := app.Start(context.Background()); err != nil {
		log.Fatal(err)
	}
	stop := app.Wait() // not Run: before this a signal would kill the program
	inflight.Ready(ln)
	<-stop
	patience, cancel := context.WithTimeout(context.Background(), inflight.Patience)
	defer cancel()
	if err := app.Stop(patience); err != nil {
		log.Fatal(err)
	}
}

func serve(srv *http.Server, ln net.Listener) {
	if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
}
