// Package grpctest tests actors.GRPC with the real google.golang.org/grpc, and
// actors.HTTP with the h2c of golang.org/x/net. It is a module of its own so that
// no user of the library gets to see either.
package grpctest

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/actors"
)

// A service is grpc's health service, which has a unary call and a stream, both
// of which say that they have begun and end when they are told to.
type service struct {
	healthpb.UnimplementedHealthServer
	begun    chan struct{}
	open     chan struct{}
	stubborn bool // calls do not heed their contexts
}

func (s *service) Check(ctx context.Context, _ *healthpb.HealthCheckRequest) (*healthpb.HealthCheckResponse, error) {
	s.begun <- struct{}{}
	return &healthpb.HealthCheckResponse{Status: healthpb.HealthCheckResponse_SERVING}, s.wait(ctx)
}

func (s *service) Watch(_ *healthpb.HealthCheckRequest, stream grpc.ServerStreamingServer[healthpb.HealthCheckResponse]) error {
	s.begun <- struct{}{}
	return s.wait(stream.Context())
}

func (s *service) wait(ctx context.Context) error {
	if s.stubborn {
		<-s.open
		return nil
	}
	select {
	case <-s.open:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// A program is a manager with one grpc server.
type program struct {
	*shutdown.Manager
	*service
	addr     string
	client   healthpb.HealthClient
	returned chan error // the actor
	result   chan error // Run
}

// newProgram starts a program whose calls have four fifths of grace to finish.
func newProgram(t *testing.T, grace time.Duration) *program {
	t.Helper()
	return start(t, grace, &service{})
}

func start(t *testing.T, grace time.Duration, s *service) *program {
	t.Helper()
	return serve(t, grace, s, false, loopback(t))
}

func serve(t *testing.T, grace time.Duration, s *service, encrypted bool, ln net.Listener) *program {
	t.Helper()
	s.begun, s.open = make(chan struct{}, 16), make(chan struct{})
	silent := zerolog.Nop()
	p := &program{
		Manager:  &shutdown.Manager{Grace: grace, Signals: []os.Signal{}, Logger: &silent},
		service:  s,
		addr:     ln.Addr().String(),
		returned: make(chan error, 1),
		result:   make(chan error, 1),
	}
	srv, security := serverOf(t, encrypted)
	healthpb.RegisterHealthServer(srv, p.service)
	p.Go("rpc", func(ctx context.Context) error {
		err := actors.GRPC(srv, ln)(ctx)
		p.returned <- err
		return err
	})
	conn, err := grpc.NewClient(p.addr, security)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	p.client = healthpb.NewHealthClient(conn)
	go func() { p.result <- p.Run(context.Background()) }()
	return p
}

// check begins a unary call and returns the channel that receives its end.
func (p *program) check(t *testing.T) <-chan error {
	result := make(chan error, 1)
	go func() {
		_, err := p.client.Check(t.Context(), &healthpb.HealthCheckRequest{})
		result <- err
	}()
	<-p.begun
	return result
}

// watch begins a stream.
func (p *program) watch(t *testing.T) grpc.ServerStreamingClient[healthpb.HealthCheckResponse] {
	t.Helper()
	stream, err := p.client.Watch(t.Context(), &healthpb.HealthCheckRequest{})
	if err != nil {
		t.Fatal(err)
	}
	<-p.begun
	return stream
}

func TestUnaryCallsInFlightFinish(t *testing.T) {
	p := newProgram(t, time.Minute)
	calls := []<-chan error{p.check(t), p.check(t), p.check(t)}
	p.Stop(nil)
	<-p.Context().Done()
	select {
	case err := <-p.returned:
		t.Errorf("the actor returned %v with calls in flight", err)
	default:
	}
	close(p.open)
	for _, call := range calls {
		if err := <-call; err != nil {
			t.Errorf("a call in flight failed: %v", err)
		}
	}
	if err := <-p.returned; err != nil {
		t.Errorf("the actor returned %v, want nil", err)
	}
	if err := <-p.result; err != nil {
		t.Errorf("Run() = %v, want nil", err)
	}
	if _, err := p.client.Check(t.Context(), &healthpb.HealthCheckRequest{}); status.Code(err) != codes.Unavailable {
		t.Errorf("a call after the stop: %v, want %v", err, codes.Unavailable)
	}
}

func TestAnOpenStreamIsCutWhenTimeIsUp(t *testing.T) {
	p := newProgram(t, time.Second)
	stream := p.watch(t)
	p.Stop(nil)
	<-p.WorkContext().Done()
	if _, err := stream.Recv(); err == nil {
		t.Error("the stream that was cut went on")
	}
	err := <-p.returned
	if err == nil || !strings.Contains(err.Error(), "time was up") {
		t.Errorf("the actor returned %v, want an error that says that time was up", err)
	}
	if got := <-p.result; !errors.Is(got, err) {
		t.Errorf("Run() = %v, want it to contain %v", got, err)
	}
}

func TestAStreamThatHeedsTheManagerEndsTheStopEarly(t *testing.T) {
	p := newProgram(t, time.Minute)
	go func() { // what a handler with the manager at hand does itself
		<-p.Draining()
		close(p.open)
	}()
	stream := p.watch(t)
	p.Stop(nil)
	if _, err := stream.Recv(); err == nil {
		t.Error("the stream did not end")
	}
	if err := <-p.result; err != nil {
		t.Errorf("Run() = %v, want nil", err)
	}
}

func TestAHandlerThatHeedsNothingDoesNotBlockTheStop(t *testing.T) {
	for name, begin := range map[string]func(*program, *testing.T){
		"unary call": func(p *program, t *testing.T) { p.check(t) },
		"stream":     func(p *program, t *testing.T) { p.watch(t) },
	} {
		t.Run(name, func(t *testing.T) {
			p := start(t, time.Second, &service{stubborn: true})
			begin(p, t)
			finalized := make(chan struct{})
			p.Register("database", func(context.Context) error {
				close(finalized)
				return nil
			})
			p.Stop(nil)
			<-finalized
			var stuck *shutdown.StuckError
			if err := <-p.result; !errors.As(err, &stuck) || stuck.Name != "rpc" {
				t.Errorf("Run() = %v, want a StuckError that names the server", err)
			} else if !strings.Contains(stuck.Stack, "(*service).wait") {
				t.Errorf("the stack does not show the handler:\n%s", stuck.Stack)
			}
			close(p.open)
			<-p.returned
		})
	}
}
