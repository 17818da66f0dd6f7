package shutdowntest_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/actors"
	"github.com/seed7e043c35/lastcall/shutdown/shutdowntest"
)

// An orders is as much of a database as the README's test needs.
type orders struct{ taken atomic.Int64 }

func openDatabase() *orders { return &orders{} }

func (o *orders) Close() error { return nil }

// serve is a service with a listener and a database.
func serve(ctx context.Context, ln net.Listener, db *orders) error {
	shutdown.Finally(ctx, "database", db.Close)
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "order", db.taken.Add(1))
	})}
	return actors.HTTP(srv, ln)(ctx)
}

// The test of the README, word for word.
func TestSIGTERM_closesTheDatabaseAfterTheLastOrder(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := shutdowntest.Start(t, func(ctx context.Context) error { return serve(ctx, ln, openDatabase()) })
	if _, err := http.Get("http://" + ln.Addr().String() + "/order"); err != nil {
		t.Error(err)
	}
	p.Signal(syscall.SIGTERM)
	res := p.Wait()
	res.Clean()                  // nothing failed, hung, leaked or was forced
	res.Order("run", "database") // the server had ended before the database was closed
}

func TestSIGTERM_makesTheShopFailWithItsUpload(t *testing.T) {
	t.Parallel()
	shop := filepath.Join(t.TempDir(), "shop")
	if out, err := exec.Command("go", "build", "-o", shop, "../../examples/shop").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	p := shutdowntest.Exec(t, exec.Command(shop))
	p.Line("the shop is open") // waits for it
	p.Signal(syscall.SIGTERM)
	end := p.Wait()
	if got, want := end.Status.String(), "1"; got != want {
		t.Errorf("it ended with %s, want %s", got, want)
	}
	if !strings.Contains(end.Stderr, "disk full") || len(end.Children) > 0 {
		t.Errorf("it did not say why, or left something behind: %v", end)
	}
}
