package recipes

import (
	"context"
	"net"
	"net/http"
	"os"
	"runtime/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/actors"
)

// trace is called first: so the spans of everything that ends are flushed, and
// a collector that does not answer costs two seconds and no more.
func trace(ctx context.Context, exporter sdktrace.SpanExporter) *sdktrace.TracerProvider {
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter))
	shutdown.Finally(ctx, "spans", provider.Shutdown, shutdown.Within(2*time.Second))
	return provider
}

// scrape is called early: a service is stopped in its turn, newest first, so
// the metrics can be read until everything that came after it has ended.
func scrape(m *shutdown.Manager, ln net.Listener, registry *prometheus.Registry) {
	handler := promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
	m.Keep("metrics", actors.HTTP(&http.Server{Handler: handler}, ln))
}

// profile writes a CPU profile of the whole run, the stop included.
func profile(ctx context.Context, file string) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		f.Close()
		return err
	}
	shutdown.Finally(ctx, "profile", func() error {
		pprof.StopCPUProfile()
		return f.Close()
	})
	return nil
}
