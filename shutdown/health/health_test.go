package health_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/health"
)

// probe returns the status and the body of h's answer to a request for path.
func probe(h http.Handler, path string) (status int, body string) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w.Code, w.Body.String()
}

func TestProbes_sayWhatTheStateIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		silent := zerolog.Nop()
		m := &shutdown.Manager{Grace: 10 * time.Second, Drain: 5 * time.Second, Signals: []os.Signal{}, Logger: &silent}
		want := func(ready int, state string) {
			t.Helper()
			if status, body := probe(health.Ready(m), "/"); status != ready || body != state+"\n" {
				t.Errorf("while %s, Ready answers %d %q, want %d", state, status, body, ready)
			}
			if status, body := probe(health.Live(m), "/"); status != http.StatusOK || body != state+"\n" {
				t.Errorf("while %s, Live answers %d %q, want 200", state, status, body)
			}
		}
		m.Go("slow", func(ctx context.Context) error {
			<-ctx.Done()
			time.Sleep(time.Second)
			return nil
		})
		m.Register("finalizer", func(context.Context) error {
			want(http.StatusServiceUnavailable, "finalizing")
			return nil
		})
		want(http.StatusServiceUnavailable, "idle")

		done := make(chan error, 1)
		go func() { done <- m.Run(context.Background()) }()
		synctest.Wait()
		want(http.StatusOK, "running")

		m.Signal(syscall.SIGTERM)
		want(http.StatusServiceUnavailable, "draining")

		m.Stop(nil)
		want(http.StatusServiceUnavailable, "stopping")

		if err := <-done; err != nil {
			t.Errorf("Run() = %v, want nil", err)
		}
		want(http.StatusServiceUnavailable, "stopped")
	})
}

func TestProbes_areNotCached(t *testing.T) {
	for name, h := range map[string]http.Handler{"Ready": health.Ready(new(shutdown.Manager)), "Live": health.Live(new(shutdown.Manager))} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		if got := w.Header().Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s: Cache-Control is %q, want no-store", name, got)
		}
	}
}

func TestProbes_nilPanics(t *testing.T) {
	for name, probe := range map[string]func(*shutdown.Manager) http.Handler{"Ready": health.Ready, "Live": health.Live} {
		func() {
			defer func() {
				if got, want := recover(), "health: "+name+": nil manager"; got != want {
					t.Errorf("%s(nil): panic(%v), want %q", name, got, want)
				}
			}()
			probe(nil)
		}()
	}
}
