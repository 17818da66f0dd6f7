package grpctest

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/actors"
)

// endStreams is what a program needs whose streams, or those of somebody else,
// watch nothing but their own contexts.
func endStreams(m *shutdown.Manager) grpc.ServerOption {
	return grpc.StreamInterceptor(func(srv any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
		ctx, cancel := context.WithCancelCause(stream.Context())
		defer cancel(nil)
		defer context.AfterFunc(m.Context(), func() { cancel(context.Cause(m.Context())) })()
		return handler(srv, &endingStream{stream, ctx})
	})
}

type endingStream struct {
	grpc.ServerStream
	ctx context.Context
}

func (s *endingStream) Context() context.Context { return s.ctx }

func TestAnInterceptorEndsTheStreamsOfOthers(t *testing.T) {
	ln, silent := loopback(t), zerolog.Nop()
	m := &shutdown.Manager{Grace: time.Minute, Signals: []os.Signal{}, Logger: &silent}
	srv := grpc.NewServer(endStreams(m))
	healthpb.RegisterHealthServer(srv, health.NewServer()) // whose Watch ends with its context
	m.Go("rpc", actors.GRPC(srv, ln))
	result := make(chan error, 1)
	go func() { result <- m.Run(context.Background()) }()
	conn, err := grpc.NewClient(ln.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	stream, err := healthpb.NewHealthClient(conn).Watch(t.Context(), &healthpb.HealthCheckRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	m.Stop(nil)
	if _, err := stream.Recv(); err == nil {
		t.Error("the stream went on after the stop had begun")
	}
	if err := <-result; err != nil {
		t.Errorf("Run() = %v, want nil", err)
	}
	if took := time.Since(began); took > 40*time.Second { // 48 s if it had been cut
		t.Errorf("the stop took %v", took)
	}
}
