package recipes

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"google.golang.org/grpc"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/actors"
)

// listeners are open before anything is served: a port that is taken is an error
// at the start.
type listeners struct{ metrics, web, secure, rpc net.Listener }

// serve runs four servers. Each begins at once; all are told to stop together,
// by a signal or because one of them fails.
func serve(ctx context.Context, on listeners, routes http.Handler, cert tls.Certificate, rpc *grpc.Server) error {
	m := shutdown.FromContext(ctx)
	metrics := &http.Server{Handler: promhttp.Handler()}
	m.Keep("metrics", actors.HTTP(metrics, on.metrics)) // a service: it stops when the actors have

	web := &http.Server{Handler: routes}
	m.Go("web", actors.HTTP(web, on.web))

	secure := &http.Server{Handler: routes, TLSConfig: &tls.Config{Certificates: []tls.Certificate{cert}}}
	m.Go("secure", actors.Serve(secure, func() error { return secure.ServeTLS(on.secure, "", "") }))

	m.Go("rpc", actors.GRPC(rpc, on.rpc))

	<-ctx.Done() // Main, or Run, waits for each of them
	return nil
}
