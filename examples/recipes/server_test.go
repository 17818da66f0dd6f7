package recipes

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
)

func TestServe_allAnswerAndStopTogether(t *testing.T) {
	example := httptest.NewTLSServer(nil) // has a certificate, and a client that trusts it
	defer example.Close()
	cert, client := example.TLS.Certificates[0], example.Client()
	routes := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	rpc := grpc.NewServer()
	healthpb.RegisterHealthServer(rpc, health.NewServer())
	on := listeners{listen(t), listen(t), listen(t), listen(t)}
	_, stop := start(t, func(ctx context.Context) error { return serve(ctx, on, routes, cert, rpc) })

	for _, url := range []string{"http://" + on.metrics.Addr().String(), "http://" + on.web.Addr().String(), "https://" + on.secure.Addr().String()} {
		response, err := client.Get(url)
		check(t, err)
		response.Body.Close()
		if response.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", url, response.Status)
		}
	}
	conn, err := grpc.NewClient(on.rpc.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	check(t, err)
	defer conn.Close()
	_, err = healthpb.NewHealthClient(conn).Check(t.Context(), &healthpb.HealthCheckRequest{})
	check(t, err)
	check(t, stop())
	if conn, err := net.Dial("tcp", on.secure.Addr().String()); err == nil {
		conn.Close()
		t.Error("it still listens after the stop")
	}
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	return ln
}
