package actors_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/actors"
)

// A callServer has the shape of a grpc.Server and one call, which is in flight
// until it is finished or, by Stop, cut.
type callServer struct {
	finished, cut chan struct{}
	failure       chan error
	once          sync.Once
	stopBlocks    bool
}

func newCallServer() *callServer {
	return &callServer{finished: make(chan struct{}), cut: make(chan struct{}), failure: make(chan error)}
}

func (s *callServer) over() <-chan struct{} {
	over := make(chan struct{})
	go func() {
		defer close(over)
		select {
		case <-s.finished:
		case <-s.cut:
		}
	}()
	return over
}

func (s *callServer) Serve(net.Listener) error {
	select {
	case err := <-s.failure:
		return err
	case <-s.over():
		return nil
	}
}

func (s *callServer) GracefulStop() { <-s.over() }

func (s *callServer) Stop() {
	if s.stopBlocks {
		<-s.over()
	}
	s.once.Do(func() { close(s.cut) })
}

func TestGRPC_returnsWhenTheLastCallHasFinished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, srv := newManager(10*time.Second, 0), newCallServer()
		returned := actor(m, actors.GRPC(srv, newPipeListener()))
		result := start(m)
		m.Stop(nil)
		began := time.Now()
		time.Sleep(3 * time.Second)
		close(srv.finished)
		wantNil(t, "the actor returned", returned)
		wantAfter(t, began, 3*time.Second)
		<-result
	})
}

func TestGRPC_stopsTheServerWhenTimeIsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, srv := newManager(10*time.Second, 0), newCallServer()
		returned := actor(m, actors.GRPC(srv, newPipeListener()))
		result := start(m)
		m.Stop(nil)
		began := time.Now()
		err := <-returned
		if err == nil || !strings.Contains(err.Error(), "time was up") {
			t.Errorf("the actor returned %v, want an error that says that time was up", err)
		}
		wantAfter(t, began, 8*time.Second)
		if got := <-result; !errors.Is(got, err) {
			t.Errorf("Run() = %v, want it to contain %v", got, err)
		}
	})
}

func TestGRPC_aStopThatBlocksDoesNotBlockTheProgram(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, srv := newManager(10*time.Second, 0), newCallServer()
		srv.stopBlocks = true
		actor(m, actors.GRPC(srv, newPipeListener()))
		var finalized time.Duration
		began := time.Now()
		m.Register("database", func(context.Context) error {
			finalized = time.Since(began)
			return nil
		})
		result := start(m)
		m.Stop(nil)
		err := <-result
		var stuck *shutdown.StuckError
		if !errors.As(err, &stuck) || stuck.Name != "server" {
			t.Errorf("Run() = %v, want a StuckError that names the server", err)
		}
		if want := 8500 * time.Millisecond; finalized != want {
			t.Errorf("finalizing began after %v, want %v: the end of the actors' last chance", finalized, want)
		}
		close(srv.finished)
	})
}

func TestGRPC_serveErrorsAreReturnedAndWhatIsInFlightIsHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, srv := newManager(10*time.Second, 0), newCallServer()
		returned := actor(m, actors.GRPC(srv, newPipeListener()))
		result := start(m)
		broken := errors.New("too many sockets")
		srv.failure <- broken
		if err := <-returned; err != broken {
			t.Errorf("the actor returned %v, want %v", err, broken)
		}
		synctest.Wait()
		if got := m.State(); got != shutdown.Stopping {
			t.Errorf("State() = %v with a call in flight, want %v", got, shutdown.Stopping)
		}
		close(srv.finished)
		if err := <-result; !errors.Is(err, broken) {
			t.Errorf("Run() = %v, want it to contain %v", err, broken)
		}
	})
}

func TestGRPC_aStopByTheProgramItselfIsSuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, srv := newManager(10*time.Second, 0), newCallServer()
		actor(m, actors.GRPC(srv, newPipeListener()))
		result := start(m)
		srv.Stop()
		wantNil(t, "Run() =", result)
	})
}
