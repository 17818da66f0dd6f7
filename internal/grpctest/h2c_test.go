package grpctest

//lint:file-ignore SA1019 h2c is deprecated, and in many programs

import (
	"context"
	"net"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/h2c"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/actors"
)

// startH2C serves handler behind x/net's h2c, which hijacks its connections.
func startH2C(grace time.Duration, ln net.Listener, handler http.HandlerFunc) (*shutdown.Manager, <-chan error) {
	silent := zerolog.Nop()
	m := &shutdown.Manager{Grace: grace, Signals: []os.Signal{}, Logger: &silent}
	m.Go("http", actors.HTTP(&http.Server{Handler: h2c.NewHandler(handler, &http2.Server{})}, ln))
	result := make(chan error, 1)
	go func() { result <- m.Run(context.Background()) }()
	return m, result
}

func h2cClient(t *testing.T) *http.Client {
	var p http.Protocols
	p.SetUnencryptedHTTP2(true)
	transport := &http.Transport{Protocols: &p}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func TestAnIdleClientOfH2CDoesNotHoldUpTheStop(t *testing.T) {
	ln, client := loopback(t), h2cClient(t)
	m, result := startH2C(time.Minute, ln, func(http.ResponseWriter, *http.Request) {})
	resp, err := client.Get("http://" + ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	began := time.Now()
	m.Stop(nil)
	if err := <-result; err != nil {
		t.Errorf("Run() = %v after %v, want nil", err, time.Since(began))
	}
}

func TestARequestByH2CIsFinished(t *testing.T) {
	ln, client := loopback(t), h2cClient(t)
	begun, open := make(chan struct{}), make(chan struct{})
	m, result := startH2C(time.Minute, ln, func(http.ResponseWriter, *http.Request) {
		close(begun)
		<-open
	})
	answered := make(chan error, 1)
	go func() {
		resp, err := client.Get("http://" + ln.Addr().String())
		if err == nil {
			_ = resp.Body.Close()
		}
		answered <- err
	}()
	<-begun
	m.Stop(nil)
	<-m.Context().Done()
	close(open)
	if err := <-answered; err != nil {
		t.Errorf("the request in flight failed: %v", err)
	}
	if err := <-result; err != nil {
		t.Errorf("Run() = %v, want nil", err)
	}
}

func TestAResponseByH2CThatIsCutDoesNotLookWhole(t *testing.T) {
	ln, client := loopback(t), h2cClient(t)
	begun := make(chan struct{})
	m, result := startH2C(2*time.Second, ln, func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).Flush()
		close(begun)
		<-r.Context().Done()
	})
	resp, err := client.Get("http://" + ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	<-begun
	m.Stop(nil)
	if _, err := resp.Body.Read(make([]byte, 1)); err == nil || err.Error() == "EOF" {
		t.Errorf("the client saw %v, want that the response was cut", err)
	}
	if err := <-result; err == nil {
		t.Error("Run() = nil, want an error: a request was cut")
	}
}
